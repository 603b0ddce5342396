/**
 * The input of CreateGrant that an `aws_kms_grant` of Terraform is; values keep their places.
 *
 * Source: Terraform AWS provider, "aws_kms_grant"; KMS API Reference, "CreateGrant".
 */
import type { Member, ObjectNode, SyntaxNode } from '../../text/syntax-tree.js'

const NAMES: ReadonlyMap<string, string> = new Map([
  ['name', 'Name'],
  ['key_id', 'KeyId'],
  ['grantee_principal', 'GranteePrincipal'],
  ['retiring_principal', 'RetiringPrincipal'],
  ['operations', 'Operations'],
  ['encryption_context_equals', 'EncryptionContextEquals'],
  ['encryption_context_subset', 'EncryptionContextSubset'],
])

/** @param isUnknown - whether an attribute is known after apply only; it is left out then. */
export function grantInput(values: ObjectNode, isUnknown: (attribute: string) => boolean): ObjectNode {
  const members: Member[] = []
  for (const member of values.members) {
    if (isUnknown(member.key) || member.value.kind === 'null') continue
    const key = NAMES.get(member.key)
    if (key !== undefined) members.push({ ...member, key })
    else if (member.key === 'constraints') {
      const constraints = constraintsOf(member.value)
      if (constraints !== undefined) members.push({ ...member, key: 'Constraints', value: constraints })
    }
  }
  return { kind: 'object', members, start: values.start, end: values.end }
}

/** Blocks of one context each, as one object. */
function constraintsOf(node: SyntaxNode): ObjectNode | undefined {
  const blocks = (node.kind === 'array' ? node.items : [node]).filter((item) => item.kind === 'object')
  const members = blocks.flatMap((block) =>
    block.members.flatMap((member): Member[] => {
      const key = NAMES.get(member.key)
      const isEmpty =
        member.value.kind === 'null' || (member.value.kind === 'object' && member.value.members.length === 0)
      return key === undefined || isEmpty ? [] : [{ ...member, key }]
    }),
  )
  return members.length === 0 ? undefined : { kind: 'object', members, start: node.start, end: node.end }
}
