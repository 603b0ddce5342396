/** The forms of templates and plans that `keyward lint` finds policies in. */
import type { EmbeddedPolicyReader } from '../lint/embedded-policies.js'
import { readCloudFormation } from '../lint/templates/cloudformation.js'
import { readTerraformPlan } from '../lint/templates/terraform-plan.js'
import { readTerraformSource } from '../lint/templates/terraform-source.js'
import type { SourceText } from '../text/source.js'
import { TerraformFolders } from './lint-siblings.js'

/** @param folder - what the names of files are relative to. */
export function embeddedReaders(folder = ''): readonly EmbeddedPolicyReader[] {
  const folders = new TerraformFolders(folder)
  return readersWith((name) => folders.siblingsOf(name))
}

/** @param siblingsOf - the other files of the folder of a Terraform file, by the name of this one. */
export function readersWith(siblingsOf: (name: string) => readonly SourceText[]): readonly EmbeddedPolicyReader[] {
  const readTerraformFolder: EmbeddedPolicyReader = (source, format, root, given) =>
    readTerraformSource(source, format, root, { ...given, siblings: siblingsOf(source.name) })
  return [readCloudFormation, readTerraformPlan, readTerraformFolder]
}

export const EMBEDDED_READERS: readonly EmbeddedPolicyReader[] = embeddedReaders()
