/** What is shown under the pointer in forms that hold policies in a way of their own. */
import { expect, test } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import { hoverAt } from '../../src/lsp/hover.js'

const TERRAFORM = `data "aws_iam_policy_document" "d" {
  statement {
    sid       = "A"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.us-east-1.amazonaws.com"]
    }
  }
}
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "kms:Sign", Resource = "*" }]
  })
}
resource "aws_iam_policy" "q" {
  policy = <<EOT
{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "kms:GetPublicKey", "Resource": "*" }] }
EOT
}
`

test.each([
  ['kms:Decrypt', '"kms:Decrypt"', 'kms:Decrypt: Write'],
  ['kms:ViaService', '"kms:ViaService"', 'kms:ViaService\n'],
  ['sid ', undefined, 'Allows: statement 1 "A" of an identity policy'],
  ['kms:Sign', '"kms:Sign"', 'kms:Sign: Write'],
  ['Effect = "Deny"', '{ Effect = "Deny", Action = "kms:Sign", Resource = "*" }', 'Denies: statement 1'],
  ['kms:GetPublicKey', '"kms:GetPublicKey"', 'kms:GetPublicKey: Read'],
])('in Terraform, at %s', (part, place, expected) => {
  const file = findPolicies({ name: 'far/main.tf', text: TERRAFORM }, { isNamed: true }, EMBEDDED_READERS)
  const document = TextDocument.create('file:///far/main.tf', 'terraform', 1, TERRAFORM)
  const shown = hoverAt({ document, file } as never, TERRAFORM.indexOf(part) + 2, 'plaintext')
  if (place !== undefined) expect(document.getText(shown?.range)).toBe(place)
  expect(shown?.contents).toMatchObject({ value: expect.stringContaining(expected) as string })
})
