/** The forms of templates and plans that `keyward lint` finds policies in. */
import type { EmbeddedPolicyReader } from '../lint/embedded-policies.js'
import { readCloudFormation } from '../lint/templates/cloudformation.js'

export const EMBEDDED_READERS: readonly EmbeddedPolicyReader[] = [readCloudFormation]
