/**
 * The STS permissions that are authorised on a role, where its trust policy must allow whatever else does.
 *
 * They have no bits: what is asked of them is asked seldom, and policies match them by their names as they do the actions
 * of every service but KMS.
 *
 * Source: IAM User Guide, "Roles terms and concepts", "Pass session tags in AWS STS", "Monitor and control actions taken
 * with assumed roles"; Service Authorization Reference, "Actions, resources, and condition keys for AWS Security Token
 * Service"; sts.md 3.
 */
const ROLE_ACTIONS: ReadonlySet<string> = new Set([
  'sts:assumerole',
  'sts:setcontext',
  'sts:setsourceidentity',
  'sts:tagsession',
])

/** @param action - `service:Name`, in any case. */
export function isRoleAction(action: string): boolean {
  // What is not of this service is nearly everything, and needs no folding.
  return /^sts:/i.test(action) && ROLE_ACTIONS.has(action.toLowerCase())
}
