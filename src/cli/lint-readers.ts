/** The forms of templates and plans that `keyward lint` finds policies in. */
import type { EmbeddedPolicyReader } from '../lint/embedded-policies.js'
import { readCloudFormation } from '../lint/templates/cloudformation.js'
import { readTerraformPlan } from '../lint/templates/terraform-plan.js'
import { readTerraformSource } from '../lint/templates/terraform-source.js'

export const EMBEDDED_READERS: readonly EmbeddedPolicyReader[] = [
  readCloudFormation,
  readTerraformPlan,
  readTerraformSource,
]
