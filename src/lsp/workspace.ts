/**
 * Where a document stands: its workspace folder, and the name that `keyward lint`, run in that folder, would know it by.
 *
 * Source: Language Server Protocol 3.17, "URI" and "WorkspaceFolder".
 */
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface DocumentPlace {
  /** Path of the innermost workspace folder around it. */
  readonly folder?: string
  /** Relative to its folder, with `/` between the parts. */
  readonly name: string
}

/** For documents without a file: what an extension would have said. */
const EXTENSION_OF_LANGUAGE: Readonly<Record<string, string>> = {
  json: '.json',
  jsonc: '.jsonc',
  yaml: '.yaml',
  cloudformation: '.yaml',
  terraform: '.tf',
  'terraform-vars': '.tf',
  opentofu: '.tf',
}

export function placeOf(uri: string, languageId: string, folders: readonly string[]): DocumentPlace {
  const path = pathOf(uri)
  if (path === undefined) {
    const last = uri.slice(Math.max(uri.lastIndexOf('/'), uri.lastIndexOf(':')) + 1)
    return { name: `${last}${EXTENSION_OF_LANGUAGE[languageId] ?? ''}` }
  }
  let folder: string | undefined
  for (const each of folders) {
    const isInside = path === each || path.startsWith(each.endsWith(sep) ? each : each + sep)
    if (isInside && each.length > (folder?.length ?? -1)) folder = each
  }
  const name = (folder === undefined ? path : relative(folder, path)).split(sep).join('/')
  return { name, ...(folder === undefined ? {} : { folder }) }
}

/** Undefined for what is no file of this machine. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}
