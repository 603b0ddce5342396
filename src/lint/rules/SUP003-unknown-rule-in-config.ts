/**
 * Flags a setting or a suppression that names a rule there is none of.
 *
 * Source: docs/lint.md, "Configuration".
 */
import type { RunRule } from '../rule.js'

export const unknownRuleInConfig: RunRule = {
  on: 'run',
  id: 'SUP003',
  name: 'unknown-rule-in-config',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',
  docs: {
    what: 'The configuration or a suppression names a rule that does not exist. Ids, names, former names and the beginning of an id are known.',
    why: 'The setting does nothing: a rule that should be off is on, or one that should be on is not.',
    bad: [
      {
        kind: 'identity',
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  - Sid: Lists\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n  - Sid: Lists # keyward-ignore SYN010,SYN110 the two are merged in the next release\n    Effect: Allow\n    Action: kms:ListAliases\n    Resource: "*"\n',
      },
    ],
    good: [
      {
        kind: 'identity',
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  - Sid: Lists\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n  - Sid: Lists # keyward-ignore SYN010 the two are merged in the next release\n    Effect: Allow\n    Action: kms:ListAliases\n    Resource: "*"\n',
      },
    ],
    fix: 'Use the id of a rule of docs/rules; the message names the nearest one. `--unsafe-fixes` writes it into suppressions that stand in the file.',
    whenToIgnore: 'When one configuration serves several versions of keyward.',
    equivalents: [{ tool: 'ESLint', code: 'Definition for rule not found' }],
    source: 'docs/lint.md, "Configuration"',
  },
}
