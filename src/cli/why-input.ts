/**
 * What `keyward why` and `keyward can` are given, recognised by what it contains: a simulation document, CloudTrail
 * events, an AWS refusal, a query; or, without any input, flags alone.
 *
 * Looks at how a text begins and at nothing else; whoever reads the whole of it finds what is wrong inside.
 */
import { stat } from 'node:fs/promises'
import { parseDeniedMessage } from '../text/denied-message.js'
import { quote } from '../text/escape.js'
import { readJson } from '../text/json.js'
import type { Result, SourceText } from '../text/source.js'
import { nodeToValue } from '../text/syntax-tree.js'
import { openInput, readInput, type OpenedText } from './input.js'
import type { AskOptions } from './why-options.js'

export type Given =
  | { readonly kind: 'simulation'; readonly source: SourceText }
  | { readonly kind: 'events'; readonly text: OpenedText }
  | { readonly kind: 'message'; readonly source: SourceText }
  | { readonly kind: 'query'; readonly source: SourceText }
  | { readonly kind: 'operation'; readonly operation: string; readonly parameters: unknown; readonly name: string }
  | { readonly kind: 'flags' }

/** The error is one sentence. */
export async function readGiven(input: string | undefined, options: AskOptions): Promise<Result<Given, string>> {
  const { message, operation } = options
  const sources = [
    input === undefined ? undefined : quote(input),
    message === undefined ? undefined : '`--message`',
    operation === undefined ? undefined : '`--operation`',
  ].filter((name) => name !== undefined)
  if (sources.length > 1) return failure(`${sources.join(' and ')} are both questions; give one`)
  if (options.parameters !== undefined && operation === undefined) {
    return failure(
      '`--parameters` are those of an operation; give `--operation` as well, such as `--operation Decrypt`',
    )
  }
  if (operation !== undefined) return givenOperation(operation, options.parameters)
  if (message !== undefined) return givenMessage({ name: '--message', text: message })
  if (input === undefined)
    return options.action === undefined ? failure(NOTHING) : { ok: true, value: { kind: 'flags' } }
  if (input !== '-' && !(await isFile(input))) {
    const text = recogniseArgument(input)
    if (text !== undefined) return text
  }
  const opened = await openInput(input)
  return opened.ok ? recognise(opened.value, options.world !== undefined) : opened
}

const FORMS = 'a simulation document, CloudTrail events, an AWS access-denied message or a query'
const NOTHING = `nothing is asked; give ${FORMS}, or \`--principal\`, \`--action\` and \`--key\``

function failure(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}

async function isFile(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

const QUERY = /^\s{0,64}(?:can|why|who|what)\s/i

/** Meant to be a message, whatever it lacks. */
const LIKE_A_MESSAGE = /An error occurred \(|is not authorized to|Exception: |Access to KMS|Access ?Denied/

/** What stands on the command line itself; undefined for the name of a file. */
function recogniseArgument(text: string): Result<Given, string> | undefined {
  if (QUERY.test(text)) return { ok: true, value: { kind: 'query', source: { name: '<query>', text } } }
  const message = givenMessage({ name: '<message>', text })
  if (message.ok || LIKE_A_MESSAGE.test(text)) return message
  return text.includes(' ') && !text.includes('/')
    ? failure(
        `${quote(text)} is neither a file nor a question; a query begins with \`can\`, such as \`can role/App do kms:Decrypt on alias/payments\``,
      )
    : undefined
}

function givenMessage(source: SourceText): Result<Given, string> {
  const found = parseDeniedMessage(source.text)
  if (found.ok) return { ok: true, value: { kind: 'message', source } }
  const { message, hint } = found.error
  return failure(`${quote(source.name)}: ${message}${hint === undefined ? '' : `; ${hint}`}`)
}

async function givenOperation(operation: string, path: string | undefined): Promise<Result<Given, string>> {
  if (path === undefined)
    return { ok: true, value: { kind: 'operation', operation, parameters: {}, name: '--operation' } }
  const source = await readInput(path)
  if (!source.ok) return source
  const { name } = source.value
  const tree = readJson(source.value)
  if (!tree.ok) return failure(`the parameters in ${quote(name)} are not JSON: ${tree.error[0]?.message ?? 'no value'}`)
  return { ok: true, value: { kind: 'operation', operation, parameters: nodeToValue(tree.value), name } }
}

// ------------------------------------------------------------------------------------------------------- recognising

/** A record may be a text inside of what hands it on. */
const EVENT_MARKS =
  /"(?:eventSource|eventName|Records|Events|CloudTrailEvent)"\s{0,16}:|\\"eventSource\\{1,3}"\s{0,16}:/
const DOCUMENT_MARKS = /"(?:keyPolicy|identityPolicies|principal|checks|newKeyPolicy)"\s{0,16}:/

/** What people hand over by mistake, by a member that nothing else has. */
const OTHER_SHAPES: readonly (readonly [mark: RegExp, what: string])[] = [
  [/"(?:UserDetailList|RoleDetailList)"\s{0,16}:/, 'the output of `aws iam get-account-authorization-details`'],
  [/"KeyMetadata"\s{0,16}:/, 'the output of `aws kms describe-key`'],
  [/"Grants"\s{0,16}:/, 'the output of `aws kms list-grants`'],
  [/"Statement"\s{0,16}:/, 'a policy'],
]

/** What lies beside events, and holds none. */
const DIGEST_MARKS = /"digestS3Bucket"\s{0,16}:/

async function recognise(text: OpenedText, hasWorld: boolean): Promise<Result<Given, string>> {
  const { head, name } = text
  const start = head.replace(/^\uFEFF/, '').trimStart()
  if (start === '') return failure(`${quote(name)} is empty; expected ${FORMS}`)
  if (!start.startsWith('{') && !start.startsWith('[')) return recogniseText(text, hasWorld)
  if (EVENT_MARKS.test(start)) return { ok: true, value: { kind: 'events', text } }
  if (DOCUMENT_MARKS.test(start)) return wholeAs(text, 'simulation')
  // SDKs print refusals as JSON as well.
  if (hasRefusal(start)) return wholeAs(text, 'message')
  if (DIGEST_MARKS.test(start))
    return failure(
      `${quote(name)} is a digest of CloudTrail, which names log files and holds no events; expected ${FORMS}`,
    )
  const shape = OTHER_SHAPES.find(([mark]) => mark.test(start))?.[1]
  // Whoever gives a world does not mean a document that has everything in itself.
  if (shape === undefined && hasWorld) return failure(`cannot tell what ${quote(name)} is; expected ${FORMS}`)
  if (shape === undefined) return wholeAs(text, 'simulation')
  return failure(`${quote(name)} looks like ${shape}, which belongs into a world (\`--world DIR\`); expected ${FORMS}`)
}

/** No longer text is looked through for a message. */
const MAX_MESSAGE = 65_536

function hasRefusal(text: string): boolean {
  return parseDeniedMessage(text.slice(0, MAX_MESSAGE)).ok
}

async function recogniseText(text: OpenedText, hasWorld: boolean): Promise<Result<Given, string>> {
  const { head, name } = text
  if (QUERY.test(head)) return wholeAs(text, 'query')
  if (hasRefusal(head)) return wholeAs(text, 'message')
  if (/^keyward:\s/m.test(head))
    return failure(`${quote(name)} is a file of a world (\`--world DIR\`); expected ${FORMS}`)
  // What was once meant to be JSON has an error with its place.
  return name.endsWith('.json') && !hasWorld
    ? wholeAs(text, 'simulation')
    : failure(`cannot tell what ${quote(name)} is; expected ${FORMS}`)
}

async function wholeAs(text: OpenedText, kind: 'simulation' | 'message' | 'query'): Promise<Result<Given, string>> {
  const source = await text.read()
  return source.ok ? { ok: true, value: { kind, source: source.value } } : source
}
