/**
 * Who can do what as one HTML page that works from disk: no network, a filter, light and dark.
 *
 * Every text is escaped for HTML; `html-page.ts` has the skeleton.
 */
import { escapeHtml, htmlPage } from './html-page.js'
import { REASONS, rowActions, type Matrix, type WhoCanRow } from './who-can-report.js'

/** A whole document; ends in a line feed. */
export function whoCanPage(title: string, rows: readonly WhoCanRow[], notes: readonly string[]): string {
  const body = rows
    .map((row) =>
      rowHtml([row.who, rowActions(row), row.what, row.conditions ?? '', REASONS[row.reason], row.because.join('; ')]),
    )
    .join('\n')
  const head = ['Who', 'May', 'On', 'Only', 'Why', 'By'].map((name) => `<th scope="col">${name}</th>`).join('')
  return page(title, `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`, notes)
}

export function matrixPage(title: string, { principals, keys, cells }: Matrix, notes: readonly string[]): string {
  const head = ['Who', ...keys.map(({ what }) => what)]
    .map((name) => `<th scope="col">${escapeHtml(name)}</th>`)
    .join('')
  const body = principals
    .map(({ who }, row) => {
      const marks = cells[row]!.map((cell) => `<td class="${cell}">${cell === 'no' ? '' : cell}</td>`).join('')
      return `<tr><th scope="row">${escapeHtml(who)}</th>${marks}</tr>`
    })
    .join('\n')
  return page(title, `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`, notes)
}

function rowHtml(cells: readonly string[]): string {
  const [first = '', ...rest] = cells.map(escapeHtml)
  return `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

const STYLE = `input { font: inherit; padding: .3rem .5rem; width: 22rem; max-width: 100%; }
table { border-collapse: collapse; margin-top: 1rem; }
th, td { border-bottom: 1px solid #8884; padding: .35rem .6rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: Canvas; }
tbody th { font-weight: 600; }
.yes { background: #1a7f3733; } .if { background: #9a670033; }
.note { max-width: 60rem; }
`
const SCRIPT = `
const input = document.querySelector('input')
input.addEventListener('input', () => {
  const wanted = input.value.toLowerCase()
  for (const row of document.querySelectorAll('tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted)
})
`

function page(title: string, table: string, notes: readonly string[]): string {
  const body = `<h1>${escapeHtml(title)}</h1>
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n')}
<p><input type="search" placeholder="filter" aria-label="filter"></p>
${table}`
  return htmlPage({ title, style: STYLE, body, script: SCRIPT })
}
