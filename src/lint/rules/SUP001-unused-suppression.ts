/**
 * Flags a suppression or an entry of the baseline that keeps nothing quiet.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { RunRule } from '../rule.js'

export const unusedSuppression: RunRule = {
  on: 'run',
  id: 'SUP001',
  name: 'unused-suppression',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',
  docs: {
    what: 'A comment, a metadata entry, an entry of the configuration or an entry of the baseline suppresses nothing.',
    why: 'Whoever reads it believes that the problem is still there, and a later one of the same kind would be hidden by it.',
    bad: [
      {
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  # keyward-ignore SYN010 the statements were merged\n  - Sid: ListKeys\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n',
      },
    ],
    good: [
      {
        format: 'yaml',
        text: 'Version: 2012-10-17\nStatement:\n  - Sid: ListKeys\n    Effect: Allow\n    Action: kms:ListKeys\n    Resource: "*"\n',
      },
    ],
    fix: 'Remove the suppression; `--fix` removes comments. For the baseline run with `--prune-baseline`.',
    whenToIgnore: 'When the same file is checked with and without a setting that brings the finding about.',
    equivalents: [
      { tool: 'ESLint', code: 'reportUnusedDisableDirectives' },
      { tool: 'Ruff', code: 'RUF100' },
      { tool: 'Biome', code: 'suppressions/unused' },
    ],
    source: 'docs/lint.md, "Suppressing findings"',
  },
}
