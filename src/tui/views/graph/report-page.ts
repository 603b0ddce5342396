/**
 * One decision as a page for a colleague who has neither the program nor the files: the verdict, the layers, the story
 * with the statement behind it, the decision graph, all in one HTML file without scripts.
 *
 * Every text is escaped; of the drawing only the markup that Graphviz made is taken over.
 */
import { escapeHtml, htmlPage } from '../../../explain/html-page.js'
import type { Check } from '../../../explain/statement-words.js'
import type { ExplainedPart } from '../../../explain/story.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import type { SourceText, Span } from '../../../text/source.js'
import { policyRows, rowAt } from '../../frame/policy-lines.js'
import { aliasesOf } from '../../world/short-names.js'
import { ladderOf, type Rung, type RungVerdict } from '../verdict/ladder.js'
import { partsOf, tellingChecks, type LayerPart } from '../verdict/layer-parts.js'

/** @param svg - of the decision graph, as a whole document. A whole page; ends in a line feed. */
export function reportPage(answer: Answer, world: AskedWorld, svg: string): string {
  const { explanation } = answer
  const word = explanation.verdict === 'allow' ? 'Allowed' : 'Denied'
  const body = [
    header(answer, world, word),
    section('What was asked, layer by layer', ladderHtml(ladderOf(answer, world))),
    storyHtml(answer, world),
    section(
      'The decision graph',
      `<p class="faint">The bold way is the one that this request took.</p><figure class="drawing">${inlineSvg(svg)}</figure>`,
    ),
    notesHtml(answer),
    '<footer>Made by keyward explore. This page needs no network and runs no script.</footer>',
  ]
  return htmlPage({ title: `${word}: ${explanation.action}`, style: STYLE, body: body.join('\n') })
}

function section(title: string, html: string): string {
  return html === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${html}\n</section>`
}

// -------------------------------------------------------------------------------------------------------------- parts

function header({ explanation, question }: Answer, world: AskedWorld, word: string): string {
  const { verdict, action, caller, resource, summary, message, cause } = explanation
  const aliases = resource === null ? [] : aliasesOf(resource, world)
  const context = Object.entries(question.checks[0]?.encryptionContext ?? {})
  const facts: (readonly [string, string])[] = [
    ['Caller', code(caller)],
    ['Action', code(action)],
    ['Key', resource === null ? 'none' : `${code(resource)}${aliases.map((alias) => ` ${code(alias)}`).join('')}`],
    ...context.map(([name, value]) => ['Encryption context', code(`${name} = ${value}`)] as const),
    ...(cause === null ? [] : [['Cause', `${escapeHtml(cause.title)} (${code(cause.code)})`] as const]),
  ]
  const said = message === null ? '' : `<p class="faint">What AWS answers:</p><blockquote>${code(message)}</blockquote>`
  return `<header class="${verdict === 'allow' ? 'allow' : 'deny'}">
<h1><span class="badge">${verdict === 'allow' ? '✓' : '✗'} ${word}</span> ${escapeHtml(action)}</h1>
<p class="summary">${escapeHtml(summary)}</p>
<dl>${facts.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join('')}</dl>
${said}</header>`
}

const SIGNS: Readonly<Record<RungVerdict, string>> = {
  allow: '✓ allows',
  deny: '✗ denies',
  silent: '○ silent',
  skipped: '· not asked',
}

function ladderHtml(ladder: readonly Rung[]): string {
  const rows = ladder.map(
    ({ title, verdict, why, decides }) =>
      `<tr class="${verdict}${decides ? ' decides' : ''}"><th scope="row">${escapeHtml(title)}</th><td>${SIGNS[verdict]}</td><td>${escapeHtml(why)}${decides ? ' <strong class="decisive">decides</strong>' : ''}</td></tr>`,
  )
  return `<table class="ladder"><thead><tr><th scope="col">Layer</th><th scope="col">Says</th><th scope="col">Why</th></tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`
}

/** Statements that are told with their text. */
const MAX_TOLD = 6

function storyHtml(answer: Answer, world: AskedWorld): string {
  const { explanation } = answer
  const decisive = ladderOf(answer, world).find(({ decides }) => decides)
  const layer = decisive?.layer ?? explanation.layer
  const known = layer === 'operation' ? [] : partsOf(answer, layer)
  const named = (parts: readonly ExplainedPart[]): readonly LayerPart[] =>
    parts.flatMap(({ name }) => known.find((part) => part.name === name) ?? []).slice(0, MAX_TOLD)
  const told = [...new Set(named(explanation.decisive))]
  const near = named(explanation.nearMisses).filter((part) => !told.includes(part))
  return [
    section('What decided', told.map((part) => partHtml(part, true)).join('\n')),
    section('What came close', near.map((part) => partHtml(part, false)).join('\n')),
  ].join('\n')
}

function partHtml(part: LayerPart, isDecisive: boolean): string {
  const { name, gist, effect, place } = part
  const telling = tellingChecks(part)
  const at = place === null ? '' : `<p class="faint">${code(`${place.source.name}:${place.line}`)}</p>`
  const text =
    place === null
      ? ''
      : excerptHtml(
          place.source,
          place.span,
          telling.flatMap((check) => check.place?.span ?? []),
        )
  return `<article class="${effect === 'Allow' ? 'allow' : 'deny'}"><h3>${escapeHtml(name)}${isDecisive ? ' <strong class="decisive">decides</strong>' : ''}</h3>
<p>${effect}: it ${escapeHtml(gist)}.</p>
${checksHtml(telling)}${at}${text}</article>`
}

function checksHtml(checks: readonly Check[]): string {
  if (checks.length === 0) return ''
  const rows = checks.map(
    ({ wanted, got, holds }) =>
      `<tr class="${holds ? 'allow' : 'deny'}"><td>${holds ? '✓ holds' : '✗ fails'}</td><td>${escapeHtml(wanted)}</td><td>${escapeHtml(got)}</td></tr>`,
  )
  return `<table><thead><tr><th scope="col"></th><th scope="col">Wanted</th><th scope="col">Got</th></tr></thead><tbody>${rows.join('')}</tbody></table>\n`
}

/** Lines around the statement, and of a long one as many as a page should have. */
const AROUND = 2
const PAGE_COLUMNS = 110
const MAX_LINES = 60

function excerptHtml(source: SourceText, statement: Span, points: readonly Span[]): string {
  const rows = policyRows(source, PAGE_COLUMNS)
  const begin = rowAt(rows, statement.start)
  const end = rowAt(rows, Math.max(statement.end - 1, statement.start))
  const focus = points[0] === undefined ? begin : rowAt(rows, points[0].start)
  const isLong = end - begin > MAX_LINES
  const first = Math.max(isLong ? focus - MAX_LINES / 2 : begin - AROUND, 0)
  const last = isLong ? first + MAX_LINES : end + AROUND
  const lines = rows.slice(first, last + 1).map((row, index) => {
    const inside = first + index >= begin && first + index <= end
    const number = row.number === undefined ? '' : String(row.number)
    const text = `${' '.repeat(row.indent)}${markedHtml(source.text, row, points)}`
    return `<span class="line${inside ? ' inside' : ''}"><span class="number">${number.padStart(4)}</span> ${text}</span>`
  })
  return `<pre>${lines.join('\n')}</pre>`
}

/** A row of the text with the parts that a check is about marked. */
function markedHtml(text: string, { start, end }: Span, points: readonly Span[]): string {
  const inside = points
    .filter((point) => point.start < end && point.end > start)
    .toSorted((left, right) => left.start - right.start)
  let html = ''
  let at = start
  for (const point of inside) {
    let from = Math.max(point.start, at)
    const to = Math.min(point.end, end)
    // What a line is indented by is no part of it.
    while (from < to && text.charAt(from) === ' ') from++
    if (to <= from) continue
    html += `${escapeHtml(text.slice(at, from))}<mark>${escapeHtml(text.slice(from, to))}</mark>`
    at = to
  }
  return html + escapeHtml(text.slice(at, end))
}

/** Without the prolog and the comments, which have no place in HTML. */
function inlineSvg(svg: string): string {
  const start = svg.indexOf('<svg')
  return start < 0 ? '' : svg.slice(start).trimEnd()
}

function notesHtml({ explanation, comparison, eitherWay }: Answer): string {
  const depends = eitherWay.answer === 'depends' ? eitherWay.dependsOn : []
  const notes = [
    ...(comparison?.explanations ?? []).map(({ sentence }) => sentence),
    ...depends.map(({ name, effect, when }) => `${name} ${effect === 'Deny' ? 'denies' : 'allows'} this when ${when}`),
    ...explanation.unknown,
  ]
  if (notes.length === 0) return ''
  return section('What is not known', `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`)
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`
}

const STYLE = `body { max-width: 62rem; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.faint, footer { color: GrayText; margin: .3rem 0; }
header { border-left: .4rem solid; padding: .2rem 1.2rem .6rem; }
header.allow { border-color: #1a7f37; } header.deny { border-color: #cf222e; }
.badge { border-radius: .3rem; color: #fff; padding: .1rem .6rem; }
.allow .badge { background: #1a7f37; } .deny .badge { background: #cf222e; }
.summary { font-size: 1.1rem; }
dl { display: grid; gap: .2rem 1rem; grid-template-columns: max-content 1fr; margin: 1rem 0; }
dt { color: GrayText; } dd { margin: 0; }
blockquote { border-left: .2rem solid #8886; margin: .2rem 0; padding-left: .8rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; overflow-wrap: anywhere; padding: .3rem .6rem; text-align: left; vertical-align: top; }
.ladder td:nth-child(2) { white-space: nowrap; }
thead th { color: GrayText; font-weight: 400; } tbody th { font-weight: 600; white-space: nowrap; }
tr.skipped { color: GrayText; } tr.decides { background: #9a670022; }
tr.allow td:nth-of-type(1) { color: light-dark(#1a7f37, #57c27a); }
tr.deny td:nth-of-type(1) { color: light-dark(#b3261e, #ff8a80); font-weight: 600; }
.decisive { background: #bf8700; border-radius: .2rem; color: #fff; font-size: .8rem; padding: .05rem .4rem; }
article { border: 1px solid #8886; border-left-width: .3rem; border-radius: .3rem; margin: .8rem 0; padding: .8rem 1rem; }
article p { margin: .3rem 0; }
pre { background: #8881; border-radius: .3rem; margin: .4rem 0 0; overflow-x: auto; padding: .5rem 0; }
pre .line { display: inline-block; min-width: 100%; padding-right: 1rem; box-sizing: border-box; }
pre .inside { background: #bf870022; }
pre .number { color: GrayText; }
mark { background: #ffd33d; border-radius: .15rem; color: #1b1b1b; }
.drawing { background: #fff; border: 1px solid #8884; border-radius: .3rem; margin: .5rem 0; overflow-x: auto; padding: 1rem; }
.drawing svg g.graph > polygon { fill: none; }
.drawing svg { display: block; height: auto; margin: auto; max-width: 100%; }
footer { border-top: 1px solid #8884; font-size: .85rem; margin-top: 2rem; padding-top: .6rem; }
@media (prefers-color-scheme: dark) { .drawing svg { filter: invert(.88) hue-rotate(180deg); } .drawing { background: none; } }
@media print {
  :root { color-scheme: light; font-size: 11px; } body { margin: 0; max-width: none; }
  article, tr, .drawing { break-inside: avoid; } h2 { break-after: avoid; }
  .badge, mark, .decisive, pre .inside, tr.decides { print-color-adjust: exact; }
  .drawing svg { filter: none; max-height: 24cm; }
}
`
