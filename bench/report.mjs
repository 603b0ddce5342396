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
are made inside the measured time, as fresh plain objects. A target stands beside its figure where there is one.`

export function report(results, { processor, memory, node, system, load, date }) {
  const lines = [
    '# Benchmark results',
    '',
    '<!-- Written by `node bench/run.mjs`; run it again instead of editing. -->',
    '',
    `${date}; Node ${node.replace(/^v/, '')}, ${system}; ${processor}, ${memory} of memory; load average ${load}, other work included.`,
    '',
    ABOUT,
  ]
  for (const result of results) {
    lines.push('', `## ${result.title}`, '', `\`node bench/run.mjs ${result.name}\``, '', `Input: ${result.input}.`)
    if (result.figures.length > 0) {
      lines.push('', '| what | median | unit | spread | target | |', '| --- | --- | --- | --- | --- | --- |')
      for (const row of rowsOf({ figures: result.figures })) lines.push(`| ${row.join(' | ')} |`)
    }
    if (result.notes?.length > 0) lines.push('', ...result.notes.map((note) => `- ${note}`))
  }
  return `${lines.join('\n')}\n`
}
