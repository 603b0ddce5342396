/**
 * A file that is not valid JSON or YAML.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type { SyntaxRule } from '../rule.js'

export const jsonSyntax: SyntaxRule = {
  on: 'syntax',
  id: 'SYN001',
  name: 'json-syntax',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A file that is not valid JSON or YAML, or a policy in a string of it that is not valid JSON. The first place where reading fails is reported, and everything else is still looked at.',
    why: 'Nothing of the policy can be judged, and AWS refuses it as a malformed document.',
    bad: [
      {
        kind: 'identity',
        text: '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny" "Action": "*", "Resource": "*" }] }',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] }',
      },
    ],
    fix: 'Repair the text at the place shown: most often a comma, a quote or a bracket is missing just before it.',
    whenToIgnore: 'Never for a policy. Exclude files that are templates of another tool.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'JSON_SYNTAX_ERROR' },
      { tool: 'parliament', code: 'MALFORMED_JSON' },
    ],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"',
  },
  check({ errors }, report) {
    const seen = new Set<number | undefined>()
    for (const { fault, span, message, hint, inString } of errors) {
      // What follows the first slip of a text is mostly its echo.
      if (fault !== 'syntax' || seen.has(inString?.start)) continue
      seen.add(inString?.start)
      report({
        at: span,
        message,
        effect:
          inString === undefined
            ? 'nothing in this file can be judged, and AWS refuses it'
            : 'the policy in this text cannot be judged, and AWS refuses it',
        ...(hint === undefined ? {} : { help: hint }),
      })
    }
  },
}
