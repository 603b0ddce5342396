/**
 * What can be written at a place of a policy: elements, actions, operators, condition keys and their values. Nothing
 * that depends on an account.
 *
 * Source: Language Server Protocol 3.17, "Completion Request"; Service Authorization Reference.
 */
import {
  CompletionItemKind,
  InsertTextFormat,
  type CompletionItem,
  type CompletionList,
  type MarkupKind,
} from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import { describeAction } from './action-words.js'
import { candidatesFor, type Candidate } from './candidates.js'
import { describeConditionKey } from './condition-key-words.js'
import { markupOf } from './description.js'
import { rangeIn } from './diagnostics.js'
import { policyPlaceOf, type PolicyPlace } from './policy-place.js'
import { jsonPlaceAt, yamlPlaceAt, type TypedPlace } from './typed-place.js'
import type { FileFormat } from '../lint/lint-file.js'

/** Characters that an editor asks after by itself. */
export const TRIGGERS: readonly string[] = ['"', "'", ':']

export function completionsAt(
  document: TextDocument,
  format: FileFormat,
  offset: number,
  snippets: boolean,
): CompletionList | undefined {
  if (format === 'other') return undefined
  const text = document.getText()
  const typed = format === 'yaml' ? yamlPlaceAt(text, offset) : jsonPlaceAt(text, offset)
  const place = typed && policyPlaceOf(typed)
  if (typed === undefined || place === undefined || isOutOfPlace(place, typed, text)) return undefined
  const written = text.slice(typed.token.start + typed.quote.length, offset)
  const { candidates, isComplete } = candidatesFor(place, written)
  return {
    // Behind the colon of a service others are offered.
    isIncomplete: !isComplete,
    items: candidates.flatMap((candidate, index) => itemOf(document, typed, candidate, { index, snippets })),
  }
}

/** At the root of a file that may be anything, only where it has begun to be a policy. */
function isOutOfPlace({ is }: PolicyPlace, { path }: TypedPlace, text: string): boolean {
  if ((is !== 'documentElement' && is !== 'version') || path.length > 1) return false
  return text.length > EMPTY && !/["']?(?:Statement|Version)["']?\s{0,9}:/.test(text.slice(0, BEGINNING))
}

const EMPTY = 40
const BEGINNING = 4096

function itemOf(
  document: TextDocument,
  place: TypedPlace,
  candidate: Candidate,
  { index, snippets }: { readonly index: number; readonly snippets: boolean },
): readonly CompletionItem[] {
  const { text, role, detail, isUnfinished = false } = candidate
  // Without a quote to go on in, an unfinished text would be closed.
  if (isUnfinished && place.syntax === 'json' && place.quote === '') return []
  const { newText, filterText, isSnippet } = role === 'value' ? valueEdit(place, text) : keyEdit(place, text, snippets)
  const { token, quote, isClosed } = place
  const inside =
    role === 'value' ? { start: token.start + quote.length, end: token.end - (isClosed ? quote.length : 0) } : token
  return [
    {
      label: text,
      kind: KINDS[role],
      sortText: String(index).padStart(5, '0'),
      filterText,
      textEdit: { range: rangeIn(document, inside), newText },
      ...(detail === undefined ? {} : { detail }),
      ...(isSnippet ? { insertTextFormat: InsertTextFormat.Snippet } : {}),
      ...(candidate.about === undefined ? {} : { data: { about: candidate.about, name: text } }),
    },
  ]
}

const KINDS: Readonly<Record<Candidate['role'], CompletionItemKind>> = {
  value: CompletionItemKind.Value,
  key: CompletionItemKind.Property,
}

interface WrittenItem {
  readonly newText: string
  readonly filterText: string
  readonly isSnippet: boolean
}

/** A text that YAML takes for a string and for nothing else. */
const PLAIN = /^[A-Za-z][\w./*-]*(?::[\w./*-]+)*:?$/

function valueEdit({ syntax, quote }: TypedPlace, text: string): WrittenItem {
  const isBare = quote !== '' || (syntax === 'yaml' && PLAIN.test(text) && text !== 'true' && text !== 'false')
  const marks = syntax === 'yaml' ? "'" : '"'
  return { newText: isBare ? text : `${marks}${text}${marks}`, filterText: text, isSnippet: false }
}

const FREE_PART = /\{[^}]*\}/

function keyEdit({ syntax, quote, hasColon }: TypedPlace, text: string, snippets: boolean): WrittenItem {
  const marks = syntax === 'json' ? '"' : quote
  const free = FREE_PART.exec(text)?.[0]
  const isSnippet = free !== undefined && snippets
  const name = free === undefined ? text : text.replace(free, isSnippet ? `\${1:${free.slice(1, -1)}}` : '')
  return { newText: `${marks}${name}${marks}${hasColon ? '' : ': '}`, filterText: `${quote}${text}${quote}`, isSnippet }
}

/** What is known of an item, when an editor shows it. */
export function withDocumentation(item: CompletionItem, kind: MarkupKind): CompletionItem {
  const data: unknown = item.data
  if (typeof data !== 'object' || data === null || !('about' in data) || !('name' in data)) return item
  const { about, name } = data
  if (typeof name !== 'string') return item
  const described = about === 'action' ? describeAction(name) : describeConditionKey(name)
  return described === undefined ? item : { ...item, documentation: markupOf([described], kind) }
}
