/**
 * The input of CreateGrant lists an operation that no grant can have, one twice, or one that the key cannot do.
 *
 * Source: KMS API Reference, "CreateGrant" (Operations).
 */
import { removeItems, replaceText } from '../edits.js'
import { grantWhere, membersOf, textItemsOf } from '../facts/grant-input.js'
import { canDo, keyKind, type KeyKind } from '../facts/key-kind.js'
import type { TextValue } from '../policy-view.js'
import type { Fix, GrantContext, GrantRule, Report } from '../rule.js'
import { actionByName } from '../../aws/action.js'
import { ENUMS } from '../../aws/operations.js'
import { quote } from '../../text/escape.js'
import { compileGlob } from '../../text/glob.js'
import { didYouMean } from '../../text/suggest.js'

export const grantOperationInvalid: GrantRule = {
  on: 'grant',
  id: 'GRT001',
  name: 'grant-operation-invalid',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',
  options: [
    {
      name: 'keySpec',
      type: 'string',
      default: '',
      description: 'The key spec of the key the grant is for, such as `RSA_2048`.',
    },
    { name: 'keyUsage', type: 'string', default: '', description: 'The usage of that key, such as `SIGN_VERIFY`.' },
  ],

  docs: {
    what: 'The input of CreateGrant lists an operation that no grant can have, one twice, or one that the key cannot do.',
    why: '`Operations` takes the names of operations without wildcards, each by itself: `GenerateDataKey` does not include `GenerateDataKeyWithoutPlaintext`. KMS refuses the request.',
    bad: [
      {
        form: 'grant',
        text: '{\n  "KeyId": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n  "GranteePrincipal": "arn:aws:iam::111122223333:role/App",\n  "Operations": [\n    "Decrypt*"\n  ]\n}',
      },
    ],
    good: [
      {
        form: 'grant',
        text: '{\n  "KeyId": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n  "GranteePrincipal": "arn:aws:iam::111122223333:role/App",\n  "Operations": [\n    "Decrypt",\n    "DescribeKey"\n  ]\n}',
      },
    ],
    fix: 'Write out each operation. `--unsafe-fixes` corrects near misses.',
    whenToIgnore: 'Never: KMS refuses the request.',
    equivalents: [],
    source: 'KMS API Reference, "CreateGrant" (Operations)',
  },

  check(context, report) {
    const operations = membersOf(context.root).get('Operations')
    const kind = statedKind(context)
    const seen = new Map<string, TextValue>()
    for (const item of textItemsOf(operations?.value)) {
      if (!OPERATIONS.includes(item.value)) {
        reportUnknown(item, context, report)
        continue
      }
      const first = seen.get(item.value)
      if (first === undefined) seen.set(item.value, item)
      else reportTwice(item, first, context, report)
      const action = actionByName(`kms:${item.value}`)
      if (first !== undefined || kind === undefined || action === undefined) continue
      if (action.keyUsage.length === 0 || canDo(kind, action)) continue
      report({
        at: item,
        message: `a key of ${kind.spec} for ${kind.usage} cannot do ${quote(item.value)}`,
        effect: 'KMS refuses the grant',
        help: 'name the operations of this kind of key',
      })
    }
  },
}

const OPERATIONS: readonly string[] = ENUMS.GrantOperation

function statedKind({ key, options }: GrantContext): KeyKind | undefined {
  if (key !== undefined) return keyKind(key)
  const { keySpec, keyUsage } = options
  if (typeof keySpec !== 'string' || keySpec === '') return undefined
  const properties = { KeySpec: keySpec, ...(keyUsage === '' ? {} : { KeyUsage: keyUsage }) }
  return keyKind({ type: 'AWS::KMS::Key', address: '', properties })
}

function reportUnknown(item: TextValue, context: GrantContext, report: Report): void {
  const { value } = item
  const name = value.replace(/^kms:/i, '')
  const meant = OPERATIONS.includes(name) ? name : didYouMean(name, OPERATIONS, 2)
  const matched = /[*?]/.test(name)
    ? OPERATIONS.filter((operation) => compileGlob(name, { ignoreCase: true }).matches(operation))
    : []
  const fix: Fix | undefined =
    meant === undefined
      ? undefined
      : {
          safety: 'unsafe',
          title: `write \`${meant}\``,
          edits: replaceText(grantWhere(context), item.node, meant),
          repair: true,
        }
  report({
    at: item,
    message: `no grant can have the operation ${quote(value)}`,
    effect: 'KMS refuses the grant',
    help:
      matched.length > 0
        ? `operations of grants take no wildcards; write out ${matched.slice(0, 4).join(', ')}${matched.length > 4 ? ' ...' : ''}`
        : meant === undefined
          ? 'take it from the list of grant operations'
          : `did you mean \`${meant}\`?`,
    ...(fix === undefined ? {} : { fix }),
  })
}

function reportTwice(item: TextValue, first: TextValue, context: GrantContext, report: Report): void {
  const { list } = item
  report({
    at: item,
    message: `${quote(item.value)} is listed twice`,
    effect: 'the second one says nothing',
    help: 'remove it',
    related: [{ message: 'the first one', at: first }],
    ...(list === undefined
      ? {}
      : {
          fix: {
            safety: 'unsafe',
            title: 'remove the second one',
            edits: removeItems(grantWhere(context), list, [item.index]),
            repair: true,
          },
        }),
  })
}
