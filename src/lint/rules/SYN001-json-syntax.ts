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
    what: 'A file that is not valid JSON or YAML. The first place where reading fails is reported, and the other files are still looked at.',
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
    // What follows the first slip is mostly its echo.
    const first = errors.find(({ fault }) => fault === 'syntax')
    if (first === undefined) return
    report({
      at: first.span,
      message: first.message,
      effect: 'nothing in this file can be judged, and AWS refuses it',
      ...(first.hint === undefined ? {} : { help: first.hint }),
    })
  },
}
