/**
 * Tasks as people state them, with the keys that lead to the cause and on to what helps. They are done in the real program
 * (`tasks.test.ts`) and listed in docs/explore.md.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const WORLD = 'fixtures/acme/world'
const DAY = 'fixtures/acme/questions/day.jsonl'
const EVENTS = 'fixtures/acme/questions/events'
const MESSAGES = 'fixtures/acme/questions/messages'
/** To the cause. A paste is one key. */
export const MOST_KEYS = 12

export interface Step {
  /** One after the other, as they are typed; `type:arch` stands for its four letters. */
  readonly keys: readonly string[]
  /** What then stands on the screen, each in one line. */
  readonly see: readonly string[]
}

export interface Task {
  readonly task: string
  /** Behind `keyward explore`; `WEEK` is a file of the events of a week. */
  readonly given: string
  /** Before the first key. */
  readonly first: string
  readonly cause: Step
  readonly afterwards?: readonly Step[]
}

export const TASKS: readonly Task[] = [
  {
    task: 'Find out why the archive job cannot decrypt since Tuesday, and fix it.',
    given: `${WORLD} WEEK`,
    first: '54 denied',
    cause: {
      keys: ['/', 'type:arch', 'enter'],
      see: ['Decrypt by ArchiveJob', '◀ decides', 'permissions boundary of the', 'FrozenBoundary'],
    },
    afterwards: [
      { keys: ['esc'], see: ['first 2026-03-17T08:00:00Z'] },
      { keys: ['enter', 'f'], see: ['Add a statement to the permissions boundary "FrozenBoundary"', '✓ verified'] },
    ],
  },
  {
    task: 'The tenant service is denied all day. Which condition is it, what was sent, and what should have been?',
    given: `${WORLD} ${DAY}`,
    first: '7 denied',
    cause: {
      keys: ['enter'],
      see: ['EachTenantItsOwnData', 'kms:EncryptionContext:tenant', '"green"', '(here "blue")'],
    },
    afterwards: [{ keys: ['f'], see: ['Use the encryption context tenant="blue".', '✓ verified'] }],
  },
  {
    task: 'I am break glass and still cannot delete the payments key. Who forbids it?',
    given: `${WORLD} ${DAY}`,
    first: '7 denied',
    cause: {
      keys: ['/', 'type:sched', 'enter'],
      see: ['"KeepKeys" of unit "Workloads"', 'OnlyKeyAdministratorsDeleteKeys', '✗ Deny applies'],
    },
  },
  {
    task: 'Somebody put an AccessDenied text into the chat. What is behind it?',
    given: WORLD,
    first: 'May somebody do something',
    cause: {
      keys: [`paste:${MESSAGES}/cli-service-control-policy.txt`],
      see: ['DENIED', '◀ decides', 'guardrail SCPs', '✗ Deny applies'],
    },
  },
  {
    task: 'Would break glass get at the archive, if it had to?',
    given: WORLD,
    first: 'May somebody do something',
    cause: {
      keys: ['type:bre', 'enter', 'type:dec', 'enter', 'type:arc', 'enter'],
      see: ['Decrypt by role/BreakGlass', 'No key policy is given', '◀ decides'],
    },
  },
  {
    task: 'With which tenant would this request have gone through? Show me before and after.',
    given: `${WORLD} ${DAY}`,
    first: '7 denied',
    cause: {
      keys: ['enter', 'w', 'j', 'j', 'j', 'enter', 'down', 'enter'],
      see: ['DENIED  ›  ALLOWED', 'was green', 'before', 'now'],
    },
    afterwards: [{ keys: ['u'], see: ['nothing has been changed'] }],
  },
  {
    task: 'Who but the tenant service can decrypt the tenant data, and what does it hang on?',
    given: `${WORLD} --principal role/TenantService --action kms:Decrypt --key alias/tenant-data`,
    first: 'DENIED',
    cause: { keys: ['c', 'up'], see: ['who can Decrypt', 'role/TenantExport', 'hangs on the request', '○ if'] },
    afterwards: [{ keys: ['enter'], see: ['Decrypt by role/TenantExport'] }],
  },
  {
    task: 'The import of the partner fails. Is it them or us?',
    given: `${WORLD} WEEK`,
    first: '54 denied',
    cause: {
      keys: ['/', 'type:partner', 'enter'],
      see: ['guardrail RCPs', '"KeysStayInAcme"', '"o-acme4k2x9q"', '✗ Deny applies'],
    },
  },
  {
    task: 'AWS denied the payments API, and our files say that it may. Which request is that?',
    given: `${WORLD} ${DAY}`,
    first: '7 denied',
    cause: {
      keys: ['G', 'k', 'k', 'k', 'enter'],
      see: [
        'ALLOWED  kms:Decrypt',
        'AWS denied it; this world answers otherwise',
        'with one, which does not allow this',
      ],
    },
  },
  {
    task: 'Show the security team how this was decided, as one page that they can open.',
    given: `${WORLD} ${DAY}`,
    first: '7 denied',
    cause: { keys: ['enter', 'v'], see: ['◀ decides', 'Denied, as nothing allows it'] },
    afterwards: [{ keys: ['e'], see: ['HTML report', 'SVG', 'Mermaid', 'DOT'] }],
  },
]

const BYTES: Readonly<Record<string, string>> = { enter: '\r', esc: '\u001b', up: '\u001b[A', down: '\u001b[B' }

/** What a terminal sends for it. */
export function keysOf(key: string): readonly string[] {
  if (key.startsWith('type:')) return key.slice('type:'.length).split('')
  if (key.startsWith('paste:')) {
    return [`\u001b[200~${readFileSync(key.slice('paste:'.length), 'utf8').trim()}\u001b[201~`]
  }
  return [BYTES[key] ?? key]
}

/** All events of the organization in a week: those of the archive job from Tuesday on, the others on Sunday. */
export function writeWeek(path: string): void {
  const lines = readdirSync(EVENTS)
    .sort()
    .map((name) => {
      const event: unknown = JSON.parse(readFileSync(join(EVENTS, name), 'utf8'))
      const text = JSON.stringify(event)
      return text.includes('ArchiveJob') ? text.replace('2026-03-15T12:00:00Z', '2026-03-17T08:00:00Z') : text
    })
  writeFileSync(path, `${lines.join('\n')}\n`)
}
