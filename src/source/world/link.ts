/**
 * Puts a world together from what its files have stated.
 */
import { splitArn } from '../../text/arn.js'
import { positionAt } from '../../text/source.js'
import type { WorldDraft } from './draft.js'
import { aliasesOf, linkEndpoints, linkKeys } from './link-keys.js'
import { linkOrganization } from './link-organization.js'
import { linkPrincipals } from './link-principals.js'
import type { Steps } from './world-progress.js'
import type { WorldPlace } from './places.js'
import type { Gap, World, WorldFile } from './world.js'

/** In steps; what they tell is nothing. */
export function* linkWorld(draft: WorldDraft, files: readonly WorldFile[]): Steps<void, World> {
  const gaps: Gap[] = []
  const organization = linkOrganization(draft, accountIds(draft), gaps)
  const principals = yield* linkPrincipals(draft, gaps)
  const keys = linkKeys(draft, gaps)
  yield
  const endpoints = linkEndpoints(draft, gaps)
  identityGaps(draft, organization.accounts.keys(), gaps)
  pageGaps(draft, gaps)
  contradictionGaps(draft, gaps)
  return {
    ...organization,
    ...principals,
    keys,
    aliases: aliasesOf(keys),
    endpoints,
    gaps,
    contradictions: draft.contradictions,
    files,
    unreadable: draft.unreadable,
  }
}

/** Every account that the files list or have something of. */
function accountIds(draft: WorldDraft): ReadonlySet<string> {
  const ids = new Set<string>([...draft.accounts.keys(), ...draft.accountsWithIdentities])
  const management = draft.organization?.value.managementAccountId
  if (management !== undefined) ids.add(management)
  for (const arn of [...draft.keys.keys(), ...draft.principals.keys()]) {
    const account = splitArn(arn)?.account
    if (account !== undefined) ids.add(account)
  }
  return ids
}

function identityGaps(draft: WorldDraft, accounts: Iterable<string>, gaps: Gap[]): void {
  for (const accountId of accounts) {
    if (draft.accountsWithIdentities.has(accountId)) continue
    gaps.push({
      code: 'identities-missing',
      message: `no users and roles of account ${accountId} were given: its principals are taken as having no policies`,
      scope: { kind: 'callers', accountIds: [accountId] },
    })
  }
}

function pageGaps(draft: WorldDraft, gaps: Gap[]): void {
  for (const { isComplete, about, accountId, keyArn, place } of draft.pages.values()) {
    if (isComplete) continue
    gaps.push({
      code: 'list-incomplete',
      message: `${about} are not complete: the last page is missing`,
      scope:
        keyArn !== undefined
          ? { kind: 'keys', arns: [keyArn] }
          : accountId !== undefined
            ? { kind: 'callers', accountIds: [accountId] }
            : { kind: 'everything' },
      place,
    })
  }
}

/** What is known twice and differently: an answer that hangs on it could be another. */
function contradictionGaps({ contradictions }: WorldDraft, gaps: Gap[]): void {
  for (const { about, first, second, scope } of contradictions) {
    if (scope === undefined) continue
    const message = `two files say different things of ${about}: ${fileAndLine(first)} is taken, ${fileAndLine(second)} is not`
    gaps.push({ code: 'contradicted', message, scope, place: second })
  }
}

function fileAndLine({ source, span }: WorldPlace): string {
  return `${source.name}:${positionAt(source.text, span.start).line}`
}
