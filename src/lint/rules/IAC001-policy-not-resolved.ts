/**
 * Part of a policy depends on a value that is unknown before deployment, in a way that the linter cannot stand in for.
 *
 * Source: CloudFormation User Guide, "Intrinsic function reference".
 */
import type { TemplateNote, TemplateRule } from '../rule.js'

export const policyNotResolved: TemplateRule = {
  on: 'template',
  id: 'IAC001',
  name: 'policy-not-resolved',
  severity: 'info',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'Part of a policy depends on a value that is unknown before deployment, in a way that the linter cannot stand in for.',
    why: 'What depends on it is not checked. References to accounts, Regions and resources of the template are followed and are no part of this.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Policy": {\n      "Type": "AWS::IAM::ManagedPolicy",\n      "Properties": {\n        "PolicyDocument": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Action": "s3:GetObject",\n              "Resource": {\n                "Fn::ImportValue": "BucketArn"\n              }\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Policy": {\n      "Type": "AWS::IAM::ManagedPolicy",\n      "Properties": {\n        "PolicyDocument": {\n          "Version": "2012-10-17",\n          "Statement": [\n            {\n              "Effect": "Allow",\n              "Action": "s3:GetObject",\n              "Resource": {\n                "Fn::Sub": "arn:aws:s3:::amzn-s3-demo-bucket-${AWS::AccountId}/*"\n              }\n            }\n          ]\n        }\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Give the value, or lint the plan or the synthesized template instead.',
    whenToIgnore: "Where the value is another stack's.",
    equivalents: [],
    source: 'CloudFormation User Guide, "Intrinsic function reference"',
  },

  check({ template }, report) {
    const byResource = new Map<string, TemplateNote[]>()
    for (const note of template.notes) {
      if (note.kind !== 'unresolved' && note.kind !== 'planWanted') continue
      const known = byResource.get(`${note.kind} ${note.address}`)
      if (known === undefined) byResource.set(`${note.kind} ${note.address}`, [note])
      else known.push(note)
    }
    for (const [first, ...others] of byResource.values()) {
      if (first === undefined) continue
      const isPlan = first.kind === 'planWanted'
      report({
        at: first.span,
        message: isPlan
          ? `${first.detail}: the source does not say enough`
          : `not known before deployment: ${first.detail}${others.length === 0 ? '' : `, and ${others.length} more in ${first.address}`}`,
        effect: 'what depends on it is not checked',
        help: isPlan
          ? 'lint the plan, as `terraform show -json` prints it'
          : 'give values with `--param` or `--account`, or lint what is deployed',
        related: others.slice(0, MAX_RELATED).map(({ span, detail }) => ({ message: detail, at: span })),
      })
    }
  },
}

const MAX_RELATED = 10
