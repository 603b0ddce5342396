/**
 * What a world has to say of one key, gathered for a drawing of who it is open to.
 *
 * Source: facts D3 (delegation to IAM policies), F1 (grants).
 */
import { KMS_ACTIONS } from '../../aws/actions.js'
import type { DrawnKey, IdentityStatement } from '../../explain/drawing/key-drawing.js'
import type { Statement } from '../../policy/document.js'
import { compileArnGlob } from '../../text/arn-glob.js'
import { splitArn } from '../../text/arn.js'
import { compileGlob } from '../../text/glob.js'
import { hasVariable } from '../../text/template.js'
import { policiesOf } from '../world/to-definition.js'
import type { AskedWorld, WorldKey } from '../world/world.js'

/** @param arn - of a key of the world. */
export function drawnKey(world: AskedWorld, arn: string): DrawnKey {
  const key = world.keys.get(arn)
  if (key === undefined) throw new Error(`the world has no key ${arn}`)
  return {
    arn,
    aliases: key.properties.aliases ?? [],
    policy: key.policy?.document,
    grants: key.grants,
    identity: identityStatements(world, key),
  }
}

/** Those of the accounts that the key policy names, in the order of principals. */
function identityStatements(world: AskedWorld, key: WorldKey): readonly IdentityStatement[] {
  const accounts = new Set(
    (key.policy?.document.statements ?? []).flatMap(({ effect, principal }) =>
      effect === 'Allow'
        ? (principal?.entries ?? []).filter(({ kind }) => kind === 'account').map(({ value }) => value)
        : [],
    ),
  )
  const found: IdentityStatement[] = []
  for (const arn of world.principals.keys()) {
    const accountId = splitArn(arn)?.account
    if (accountId === undefined || !accounts.has(accountId)) continue
    const principal = world.principals.get(arn)
    if (principal === undefined) continue
    for (const { name, document } of policiesOf(world, principal)) {
      for (const statement of document.statements) {
        if (isAbout(statement, key.arn)) found.push({ principalArn: arn, accountId, policyName: name, statement })
      }
    }
  }
  return found
}

/** Whether a statement can bear on some permission on this key. A variable may come to anything. */
function isAbout({ action, resource }: Statement, keyArn: string): boolean {
  if (action === undefined || resource === undefined) return false
  const globs = action.patterns.map((pattern) => compileGlob(pattern, { ignoreCase: true }))
  const names = KMS_ACTIONS.map(({ name }) => `kms:${name}`)
  if (!names.some((name) => globs.some((glob) => glob.matches(name)) !== action.negated)) return false
  const covers = resource.patterns.some(
    (pattern) =>
      pattern === '*' ||
      hasVariable(pattern) ||
      compileArnGlob(pattern, 'resource', { complete: true }).matches(keyArn),
  )
  return resource.negated ? !resource.patterns.some((pattern) => !hasVariable(pattern) && covers) : covers
}
