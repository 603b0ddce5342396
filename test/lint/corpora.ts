/**
 * The published policies, templates and plans that tests of the linter read, beside the repository (`KEYWARD_SHARED`);
 * of what kind the policies are, their pages say.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PolicyKind } from '../../src/policy/document.js'
import type { SourceText } from '../../src/text/source.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const CORPORA = path.resolve(ROOT, process.env['KEYWARD_SHARED'] ?? '../shared', 'corpora')
export const isThere = existsSync(CORPORA)

export function kindOfIamExample(_file: string, text: string): PolicyKind {
  if (!/"(?:Not)?Principal"/.test(text)) return 'identity'
  return /sts:AssumeRole/.test(text) && !/"(?:Not)?Resource"/.test(text) ? 'trust' : 'resource'
}

export function kindOfKmsExample(file: string, text: string): PolicyKind {
  if (!/"(?:Not)?Principal"/.test(text)) return 'identity'
  return file.startsWith('kms-vpc-endpoint-0') && !text.includes('aws:SourceVpce') ? 'vpce' : 'key'
}

export function kindOfPerimeterPolicy(file: string): PolicyKind {
  if (file.startsWith('service_control')) return 'scp'
  if (file.startsWith('vpc_endpoint')) return 'vpce'
  return file.includes('service_specific') ? 'resource' : 'rcp'
}

export interface CorpusFile {
  readonly source: SourceText
  /** Undefined where the file itself says. */
  readonly kind?: PolicyKind
}

interface Corpus {
  readonly folder: string
  readonly kind?: (file: string, text: string) => PolicyKind
}

const FOLDERS: readonly Corpus[] = [
  { folder: 'aws-managed-policies/policies', kind: () => 'identity' },
  { folder: 'kms-guide-examples/policies', kind: kindOfKmsExample },
  { folder: 'iam-guide-examples/policies', kind: kindOfIamExample },
  { folder: 'data-perimeter', kind: kindOfPerimeterPolicy },
  { folder: 'scp-examples', kind: () => 'scp' },
  { folder: 'kops-iam' },
  { folder: 'validator-examples' },
  { folder: 'cdk-output' },
  { folder: 'cfn-templates' },
  { folder: 'cfn-sra' },
  { folder: 'tf-plan-checkov' },
  { folder: 'tf-plan-validator' },
]

/** Every file of every corpus, in the same order always. */
export function corpusFiles(): readonly CorpusFile[] {
  return FOLDERS.flatMap(({ folder, kind }) => {
    const root = path.join(CORPORA, folder)
    if (!existsSync(root)) return []
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(?:json|ya?ml)$/.test(name),
    )
    return names.toSorted().map((name): CorpusFile => {
      const source = { name: `${folder}/${name}`, text: readFileSync(path.join(root, name), 'utf8') }
      return kind === undefined ? { source } : { source, kind: kind(name, source.text) }
    })
  })
}
