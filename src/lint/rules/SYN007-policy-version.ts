/**
 * A policy without `Version`, with the older version `2008-10-17`, or with one that does not exist.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Version"; Organizations User Guide, "SCP syntax".
 */
import { insertMember, replaceText } from '../edits.js'
import type { PolicyView } from '../policy-view.js'
import type { Fix, PolicyRule, Severity } from '../rule.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { headOf } from '../../policy/reading.js'
import { quote } from '../../text/escape.js'
import { hasVariable } from '../../text/template.js'

export const policyVersion: PolicyRule = {
  on: 'policy',
  id: 'SYN007',
  name: 'policy-version',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A policy without `Version`, with the older version `2008-10-17`, or with one that does not exist.',
    why: 'Without `2012-10-17`, policy variables such as `${aws:username}` are plain text, so a condition that uses one compares with those very characters. Service control policies and resource control policies need `2012-10-17`; any other value is refused.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `"Version": "2012-10-17"`. That changes the meaning only where `${` occurs.',
    whenToIgnore: 'For old resource-based policies that are never edited and have no variables.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_VERSION' },
      { tool: 'IAM Access Analyzer', code: 'MISSING_VERSION' },
      { tool: 'IAM Access Analyzer', code: 'VARIABLE_UNSUPPORTED_IN_VERSION' },
      { tool: 'parliament', code: 'NO_VERSION' },
      { tool: 'parliament', code: 'OLD_VERSION' },
      { tool: 'cfn-lint', code: 'W2511' },
    ],
    source: 'IAM User Guide, "IAM JSON policy elements: Version"; Organizations User Guide, "SCP syntax"',
  },
  check({ policy }, report) {
    const { version, root, where } = policy
    if (root.kind !== 'object' || policy.statement === undefined) return
    const member = root.members.find(({ key }) => key === 'Version')
    if (version?.value === CURRENT || version?.known === false) return
    // A Version that is no string is of the wrong type, which another rule says.
    if (member !== undefined && version === undefined) return
    const { versionRequired, called } = ELEMENT_RULES[policy.kind]
    const isUnknown = version !== undefined && version.value !== OLD
    const variable = isUnknown ? undefined : firstVariable(policy)
    const severity: Severity = isUnknown || versionRequired || variable !== undefined ? 'error' : 'warning'
    report({
      at: version ?? headOf(root, where.source.text),
      message:
        version === undefined
          ? 'the policy has no `Version`, which means `2008-10-17`'
          : isUnknown
            ? `there is no policy version ${quote(version.value)}`
            : 'version `2008-10-17` is the old one',
      effect: effectOf(isUnknown, versionRequired, called, variable),
      help: `write \`"Version": "${CURRENT}"\``,
      severity,
      dependsOnKind: versionRequired && !isUnknown && variable === undefined,
      fix: fixOf(policy, isUnknown || versionRequired),
    })
  },
}

const CURRENT = '2012-10-17'
const OLD = '2008-10-17'

function effectOf(isUnknown: boolean, versionRequired: boolean, called: string, variable: string | undefined): string {
  if (variable !== undefined) return `${quote(variable)} is compared as plain text, not as a variable`
  if (isUnknown) return 'AWS refuses the policy'
  if (versionRequired) return `AWS refuses ${called} of another version than \`${CURRENT}\``
  return 'a variable that somebody adds is compared as plain text'
}

function fixOf({ where, root, version, statements }: PolicyView, isRefused: boolean): Fix {
  const changesMeaning = statements.some((statement) => mayHoldVariable(statement, where.source.text))
  const edits =
    version !== undefined
      ? replaceText(where, version, CURRENT)
      : root.kind === 'object'
        ? insertMember(where, root, 'Version', CURRENT)
        : []
  return { safety: changesMeaning ? 'unsafe' : 'safe', title: `write version \`${CURRENT}\``, edits, repair: isRefused }
}

function mayHoldVariable({ node }: PolicyView['statements'][number], text: string): boolean {
  return hasVariable(text.slice(node.start, node.end))
}

/** The first value that the newer version would read as a template. */
function firstVariable({ statements }: PolicyView): string | undefined {
  for (const { resource, conditions } of statements) {
    const values = [...(resource?.items ?? []), ...conditions.flatMap((condition) => condition.values)]
    const found = values.find(({ value }) => hasVariable(value))
    if (found !== undefined) return found.value
  }
  return undefined
}
