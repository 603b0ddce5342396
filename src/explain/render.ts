/**
 * An explanation as text for a terminal: the verdict first, then what decided with its place in the source, then what
 * came close, the other layers, and what AWS would say.
 *
 * Everything that came from outside is escaped, and colour never says anything that words do not. Knows no terminal:
 * width and palette are handed in.
 */
import { codeFrame } from '../text/code-frame.js'
import { escapeTerminal } from '../text/escape.js'
import { plainPalette, type Palette } from '../text/palette.js'
import { listItem, wrap } from '../text/wrap.js'
import type { DecisionKind } from '../graph/combine.js'
import type { ExplainedLayer } from './layer-words.js'
import { LAYER_NAMES } from './names.js'
import type { Place } from './place.js'
import type { Check } from './statement-words.js'
import type { ExplainedPart, Explanation, Note } from './story.js'

export interface RenderOptions {
  /** Columns; at least 60, 100 when left out. */
  readonly width?: number
  readonly color?: Palette
  /** Also layers that the decision did not depend on, and every near miss. */
  readonly allLayers?: boolean
  /** What stands above the text of AWS; `AWS says` when left out. */
  readonly messageTitle?: string
}

const DEFAULT_WIDTH = 100
const MIN_WIDTH = 60
/** More than this and a person under stress reads none of them. */
const SHOWN = 3

/** Ends in a line feed. */
export function renderExplanation(explanation: Explanation, options: RenderOptions = {}): string {
  const page: Page = {
    width: Math.max(options.width ?? DEFAULT_WIDTH, MIN_WIDTH),
    color: options.color ?? plainPalette,
    all: options.allLayers === true,
    messageTitle: options.messageTitle ?? 'AWS says',
  }
  const blocks = [
    heading(explanation, page),
    wrap(explanation.summary, '', page),
    warningBlock(explanation, page),
    ...decisiveBlocks(explanation, page),
    nearMissBlock(explanation, page),
    layerBlock(explanation, page),
    messageBlock(explanation, page),
    noteBlock(explanation, page),
    causeBlock(explanation, page),
  ]
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}

interface Page {
  readonly width: number
  readonly color: Palette
  readonly all: boolean
  readonly messageTitle: string
}

type Block = readonly string[]

// ---------------------------------------------------------------------------------------------------------- heading

const VERDICTS: Readonly<Record<DecisionKind, { readonly word: string; readonly how: string }>> = {
  allow: { word: 'ALLOWED', how: '' },
  implicitDeny: { word: 'DENIED', how: ', nothing allows it' },
  explicitDeny: { word: 'DENIED', how: ', explicit deny' },
}

const LABEL_WIDTH = 9

function heading({ verdict, layer, action, caller, resource }: Explanation, { color }: Page): Block {
  const { word, how } = VERDICTS[verdict]
  const paint = verdict === 'allow' ? color.hint : color.error
  const line = (label: string, text: string): string =>
    `${color.faint(label.padEnd(LABEL_WIDTH))}${escapeTerminal(text)}`
  return [
    `${color.strong(paint(word.padEnd(LABEL_WIDTH)))}${color.strong(escapeTerminal(action))}  (${LAYER_NAMES[layer].one}${how})`,
    line('caller', caller),
    line('resource', resource ?? 'none'),
  ]
}

// --------------------------------------------------------------------------------------------------------- decisive

function decisiveBlocks({ decisive }: Explanation, page: Page): readonly Block[] {
  const shown = decisive.slice(0, page.all ? decisive.length : SHOWN)
  const blocks = shown.map((part) => partBlock(part, page))
  const more = decisive.length - shown.length
  return more === 0 ? blocks : [...blocks, [page.color.faint(`and ${more} more; --all-layers shows them`)]]
}

function partBlock(part: ExplainedPart, page: Page): Block {
  const { color, width } = page
  const telling = tellingChecks(part)
  const place = (telling[0] ?? part.checks.find((check) => check.part === 'action'))?.place ?? part.place
  if (place === null && telling.length === 0) return []
  const name = wrap(part.name, '', page).map((line) => color.strong(line))
  const lines = [...name, ...(place === null ? [] : frame(place, width, color))]
  const shown = telling.slice(0, page.all ? telling.length : SHOWN)
  // What applied wanted nothing that was not there.
  const label = part.applies ? 'when' : 'wanted'
  for (const { wanted, got } of shown) lines.push(...labelled(label, wanted, page), ...labelled('got', got, page))
  if (telling.length > shown.length) lines.push(`  ${telling.length - shown.length} more parts do not match`)
  return lines
}

/** The parts that explain the statement: those that fail, or of one that applies the conditions that it hangs on. */
function tellingChecks({ applies, checks }: ExplainedPart): readonly Check[] {
  return checks.filter(({ holds, part }) => (applies ? part === 'condition' : !holds))
}

function frame({ source, span }: Place, width: number, color: Palette): Block {
  return codeFrame(source, onOneLine(source.text, span), { width: width - 2, color, contextLines: 1 })
    .split('\n')
    .map((line) => `  ${line}`)
}

/** Of a whole statement or a long list only its first line: the rest is there to be read in the file. */
function onOneLine(text: string, { start, end }: Place['span']): Place['span'] {
  const lineEnd = text.indexOf('\n', start)
  return lineEnd < 0 || lineEnd >= end
    ? { start, end }
    : { start, end: text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd }
}

function labelled(label: string, text: string, page: Page): Block {
  const indent = ' '.repeat(2 + LABEL_WIDTH)
  const [first = '', ...rest] = wrap(text, indent, page)
  return [`  ${page.color.faint(label.padEnd(LABEL_WIDTH))}${first.slice(indent.length)}`, ...rest]
}

// ------------------------------------------------------------------------------------------------------- near misses

function nearMissBlock({ nearMisses }: Explanation, page: Page): Block {
  if (nearMisses.length === 0) return []
  const shown = nearMisses.slice(0, page.all ? nearMisses.length : SHOWN)
  const more = nearMisses.length - shown.length
  return [
    page.color.strong('Also close'),
    ...shown.flatMap((miss) => listItem(`${miss.name}${at(miss.place)} ${miss.gist}`, page)),
    ...(more === 0 ? [] : [page.color.faint(`  and ${more} more; --all-layers shows them`)]),
  ]
}

function at(place: Place | null): string {
  return place === null ? '' : ` (${place.source.name}:${place.line})`
}

// ------------------------------------------------------------------------------------------------------------ layers

const LAYER_WORDS: Readonly<Record<DecisionKind, string>> = {
  allow: 'allows',
  implicitDeny: 'no allow',
  explicitDeny: 'denies',
}
const WORD_WIDTH = 10

function layerBlock({ layers, layer: decisive }: Explanation, page: Page): Block {
  const others = layers.filter(({ layer }) => layer !== decisive)
  const shown = page.all ? others : others.filter(({ mattered }) => mattered)
  const hidden = others.length - shown.length
  if (shown.length === 0 && hidden === 0) return []
  const nameWidth = Math.max(0, ...shown.map(({ name }) => name.length)) + 2
  return [
    page.color.strong('Other layers'),
    ...shown.flatMap((each) => layerLine(each, nameWidth, page)),
    ...(hidden === 0
      ? []
      : [
          page.color.faint(
            `  ${hidden} ${hidden === 1 ? 'layer' : 'layers'} did not matter; --all-layers shows ${hidden === 1 ? 'it' : 'them'}`,
          ),
        ]),
  ]
}

function layerLine({ verdict, name, why, mattered }: ExplainedLayer, nameWidth: number, page: Page): Block {
  const { color } = page
  const word = LAYER_WORDS[verdict].padEnd(WORD_WIDTH)
  const indent = ' '.repeat(2 + WORD_WIDTH + nameWidth)
  const [first = '', ...rest] = wrap(mattered ? why : `${why} (did not matter)`, indent, page)
  const painted = verdict === 'allow' ? word : color.error(word)
  return [`  ${painted}${name.padEnd(nameWidth)}${first.slice(indent.length)}`, ...rest]
}

// ------------------------------------------------------------------------------------------------------ AWS and cause

function messageBlock({ message }: Explanation, page: Page): Block {
  return message === null ? [] : [page.color.strong(page.messageTitle), ...wrap(message, '  ', page)]
}

/** A Deny that fails open is no note among others: somebody believes that it holds. */
function isWarning({ code }: Note): boolean {
  return code === 'denyNotEvaluated'
}

function warningBlock({ diagnostics }: Explanation, page: Page): Block {
  const lines = diagnostics.filter(isWarning).flatMap((each) => listItem(noteText(each), page))
  return lines.length === 0 ? [] : [page.color.strong(page.color.error('Warning: a Deny fails open')), ...lines]
}

function noteBlock({ diagnostics, unknown }: Explanation, page: Page): Block {
  const notes = diagnostics.filter((each) => !isWarning(each))
  const telling = notes.filter(({ code }) => code !== 'doubt' || page.all)
  const shown = telling.slice(0, page.all ? telling.length : SHOWN)
  const more = notes.length - shown.length
  const lines = [
    ...unknown.flatMap((text) => listItem(text, page)),
    ...shown.flatMap((each) => listItem(noteText(each), page)),
  ]
  if (more > 0)
    lines.push(page.color.faint(`  ${more} more ${more === 1 ? 'note' : 'notes'} on the policies; --json lists them`))
  return lines.length === 0 ? [] : [page.color.strong('Note'), ...lines]
}

function noteText({ code, message, layer, policy, statement }: Note): string {
  const place = [
    layer === undefined ? '' : LAYER_NAMES[layer].one,
    policy === undefined || layer === 'keyPolicy' ? '' : ` ${policy + 1}`,
    statement === undefined ? '' : `, statement ${statement + 1}`,
  ].join('')
  return `${code}${place === '' ? '' : ` (${place})`}: ${message}`
}

function causeBlock({ cause }: Explanation, { color, width }: Page): Block {
  if (cause === null) return []
  const page = `docs/causes/${cause.code}.md`
  const code = `${color.faint('Cause'.padEnd(LABEL_WIDTH))}${cause.code}`
  if (LABEL_WIDTH + cause.code.length + 2 + page.length <= width) return [`${code}  ${color.place(page)}`]
  return [code, `${' '.repeat(LABEL_WIDTH)}${color.place(page)}`]
}
