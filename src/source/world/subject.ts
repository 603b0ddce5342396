/**
 * Whom the output of a command is about, where the output does not say so itself: told by the names of file and folders.
 *
 * A file is named `<command>.<subject>.json`; folders may name the account (twelve digits) and the Region. Nothing is
 * guessed: what the name does not tell stays unknown. `docs/collect.md` tells people the same.
 */

export interface FileSubject {
  /** The first part of the file's name, `get-key-policy`. */
  readonly command: string
  readonly accountId?: string
  readonly region?: string
  readonly keyId?: string
  /** `p-…` */
  readonly policyId?: string
  /** A root or organizational unit, `r-…` or `ou-…`; with `accountId` it may be an account as well. */
  readonly nodeId?: string
}

const ACCOUNT = /^[0-9]{12}$/
const REGION = /^[a-z]{2,3}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$/
const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const POLICY_ID = /^p-[0-9A-Za-z_]{1,128}$/
const NODE_ID = /^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/
const MAX_NAME = 4096

type Part = Omit<FileSubject, 'command'>

function partSays(part: string): Part {
  if (ACCOUNT.test(part)) return { accountId: part }
  if (KEY_ID.test(part)) return { keyId: part }
  if (POLICY_ID.test(part)) return { policyId: part }
  if (NODE_ID.test(part)) return { nodeId: part }
  return REGION.test(part) ? { region: part } : {}
}

/** What the name of a file tells; the file's own name before its folders, an inner folder before an outer one. */
export function subjectOfName(name: string): FileSubject {
  const segments = name.slice(-MAX_NAME).split(/[\\/]/)
  const [command = '', ...parts] = (segments.pop() ?? '').split('.')
  let subject: Part = {}
  // Account ids in folder names stand alone or beside a name: `444455556666-payments`.
  for (const segment of segments) subject = { ...subject, ...partSays(segment), ...accountIn(segment) }
  for (const part of parts) subject = { ...subject, ...partSays(part) }
  return { command, ...subject }
}

function accountIn(segment: string): Part {
  const found = segment.split(/[-_ ]/).filter((word) => ACCOUNT.test(word))
  // A key id is words with dashes too, and its last may be twelve digits.
  return found.length === 1 && !KEY_ID.test(segment) ? { accountId: found[0]! } : {}
}

/** What a collected output says of itself in `about`: the same parts, or the ARN of a key. */
export function subjectOfAbout(about: string, command: string): FileSubject {
  const arn = /^arn:[^:]*:kms:([a-z0-9-]+):([0-9]{12}):key\/([A-Za-z0-9-]+)$/.exec(about)
  if (arn !== null) return { command, region: arn[1]!, accountId: arn[2]!, keyId: arn[3]! }
  return { command, ...partSays(about) }
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  return 'aws'
}
