/**
 * Figures as text: lines for a terminal, and RESULTS.md.
 */

/** Three significant digits, thousands parted. */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '-'
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 })
}

function verdict({ spread, target }) {
  if (target === undefined) return ''
  const { atMost = Infinity, atLeast = -Infinity } = target
  return spread.median <= atMost && spread.median >= atLeast ? 'met' : 'not met'
}

function spreadText({ least, most, median }) {
  return least === median && most === median ? '' : `${formatNumber(least)} to ${formatNumber(most)}`
}

/** One row a figure: what, median, unit, spread, target, verdict. */
export function rowsOf({ figures, notes = [] }) {
  return [
    ...figures.map((figure) => [
      figure.label,
      formatNumber(figure.spread.median),
      figure.unit,
      spreadText(figure.spread),
      figure.target?.text ?? '',
      verdict(figure),
    ]),
    ...notes.map((note) => [note]),
  ]
}

const ABOUT = `Figures are medians of several rounds, with the least and the most beside them. "CPU" is processor time of the
measuring process, user and system, so that other work on a shared machine counts little; "wall" is the clock. Requests
are made inside the measured time, as fresh plain objects. A target stands beside its figure where there is one.
Each benchmark says when it ran and what the load of the machine was, other work included.`

const SECTION = /^## /m
const COMMAND = /^`node bench\/run\.mjs ([a-z0-9-]+)`$/m

/** One benchmark of RESULTS.md, with when it ran and beside how much other work. */
export function sectionOf(result, { date, load }) {
  const lines = [`## ${result.title}`, '', `\`node bench/run.mjs ${result.name}\``, '']
  lines.push(`${date}, load average ${load}. Input: ${result.input}.`)
  if (result.figures.length > 0) {
    lines.push('', '| what | median | unit | spread | target | |', '| --- | --- | --- | --- | --- | --- |')
    for (const row of rowsOf({ figures: result.figures })) lines.push(`| ${row.join(' | ')} |`)
  }
  if (result.notes?.length > 0) lines.push('', ...result.notes.map((note) => `- ${note}`))
  return `${lines.join('\n')}\n`
}

/**
 * RESULTS.md with these sections put in or replaced, in the order of `names`; a section of a benchmark that is no more
 * goes. Sections that another machine or another Node measured go too: figures of two machines do not stand in one file.
 */
export function withSections(before, sections, names, { processor, memory, node, system }) {
  const machine = `Node ${node.replace(/^v/, '')}, ${system}; ${processor}, ${memory} of memory.`
  const head = [
    '# Benchmark results',
    '',
    '<!-- Written by `node bench/run.mjs --write`; run it again instead of editing. -->',
    '',
    machine,
    '',
    ABOUT,
    '',
  ]
  const kept = new Map()
  if (before.includes(`\n${machine}\n`)) {
    for (const text of before.split(SECTION).slice(1)) kept.set(COMMAND.exec(text)?.[1], `## ${text.trimEnd()}\n`)
  }
  const all = names.map((name) => sections.get(name) ?? kept.get(name)).filter((text) => text !== undefined)
  return [head.join('\n'), ...all].join('\n')
}
