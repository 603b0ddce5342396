/**
 * What is known of an action, or of a pattern of actions, by its name.
 *
 * Source: Service Authorization Reference.
 */
import type { Description } from './description.js'
import { actionByName } from '../aws/action.js'
import { KMS_ACTIONS, type KmsAction } from '../aws/actions.js'
import { serviceByPrefix, type ResourceType, type Service, type ServiceAction } from '../aws/service.js'
import { listed, shortened } from '../explain/names.js'
import { compileGlob } from '../text/glob.js'

export function describeAction(text: string): Description | undefined {
  if (text === '*') return { title: 'Every action of every service', rows: [] }
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const prefix = text.slice(0, colon).toLowerCase()
  if (/[*?]/.test(text)) return describePattern(text, prefix)
  const known = actionByName(text)
  if (known !== undefined) return kmsAction(known)
  const action = serviceByPrefix(prefix)?.actions.get(text.slice(colon + 1).toLowerCase())
  return action === undefined ? undefined : serviceAction(prefix, action)
}

/** A few words for a list of actions. */
export function kmsActionDetail({ access, resources }: KmsAction): string {
  return `${listed(access, 'and')}, on ${resources.length === 0 ? 'no resource' : listed(resources, 'and')}`
}

function kmsAction(action: KmsAction): Description {
  const { name, access, operations, resources, crossAccount, grantable, conditionKeys, keyUsage } = action
  return {
    title: `${name}: ${listed(access, 'and')}`,
    rows: [
      ['Asked for by', operations.length === 0 ? 'KMS itself, by no operation' : listed(operations, 'and')],
      [
        'On',
        resources.length === 0
          ? 'no resource: Resource must be "*", and key policies do not count'
          : listed(resources, 'and'),
      ],
      ...(crossAccount === null ? [] : [row('In another account', ACROSS[String(crossAccount)] ?? 'no')]),
      ...(resources.includes('key') ? [row('In a grant', grantable ? 'yes' : 'no')] : []),
      ...(keyUsage.length === 0 ? [] : [row('Key usage', listed(keyUsage, 'or'))]),
      ...(conditionKeys.length === 0 ? [] : [row('Condition keys of its own', all(conditionKeys))]),
    ],
  }
}

function row(label: string, text: string): readonly [string, string] {
  return [label, text]
}

const ACROSS: Readonly<Record<string, string>> = {
  true: 'yes, where the key policy there allows it too',
  false: 'no: keys of the own account only',
  retiringPrincipalInCallerAccount: 'no: grants whose retiring principal is of the own account only',
}

function serviceAction(prefix: string, { name, resourceTypes, keys }: ServiceAction): Description {
  return {
    title: `${prefix}:${name}`,
    rows: [
      ['On', resourceTypes.length === 0 ? 'no resource: Resource must be "*"' : listed(resourceTypes.map(arnOf), 'or')],
      ...(keys.length === 0 ? [] : [row('Condition keys of its own', all(keys.map(({ pattern }) => pattern)))]),
    ],
  }
}

function arnOf({ service, region, account, resource }: ResourceType): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`
}

const MAX_LISTED = 40

/** People look for one name in it, so as much as is of use. */
function all(names: readonly string[]): string {
  const more = names.length - MAX_LISTED
  return more > 0 ? `${names.slice(0, MAX_LISTED).join(', ')} and ${more} more` : names.join(', ')
}

function describePattern(text: string, prefix: string): Description | undefined {
  const service = serviceByPrefix(prefix)
  if (service === undefined) return undefined
  const names = matching(text, prefix, service)
  const count = `${names.length} ${names.length === 1 ? 'action' : 'actions'}`
  const title = `${shortened(text)}: ${names.length === 0 ? 'no action that is known' : count}`
  return { title, rows: names.length === 0 ? [] : [['Matches', all(names)]] }
}

function matching(text: string, prefix: string, { actions }: Service): readonly string[] {
  const glob = compileGlob(text, { ignoreCase: true })
  const names =
    prefix === 'kms'
      ? KMS_ACTIONS.map(({ name }) => name)
      : [...actions.values()].map(({ name }) => `${prefix}:${name}`)
  return names.filter((name) => glob.matches(name))
}
