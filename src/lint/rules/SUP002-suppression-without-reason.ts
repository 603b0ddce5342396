/**
 * Flags a suppression that does not say why, or whose time is over.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { RunRule } from '../rule.js'

export const suppressionWithoutReason: RunRule = {
  on: 'run',
  id: 'SUP002',
  name: 'suppression-without-reason',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',
  docs: {
    what: 'A suppression has no reason, or the day after `until` has come. An expired suppression suppresses nothing any more.',
    why: 'Without a reason nobody can tell later whether the suppression may go; with a date somebody looks at it again in time.',
    bad: [
      {
        kind: 'identity',
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  - Sid: Lists\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n  - Sid: Lists # keyward-ignore SYN010\n    Effect: Allow\n    Action: kms:ListAliases\n    Resource: "*"\n',
      },
    ],
    good: [
      {
        kind: 'identity',
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  - Sid: Lists\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n  - Sid: Lists # keyward-ignore SYN010 the two are merged in the next release\n    Effect: Allow\n    Action: kms:ListAliases\n    Resource: "*"\n',
      },
    ],
    fix: 'Write the reason behind the rule, and renew or remove what has expired.',
    whenToIgnore: 'Never: a reason is one sentence.',
    equivalents: [{ tool: 'cdk-nag', code: 'requires a reason' }],
    source: 'docs/lint.md, "Suppressing findings"',
  },
}
