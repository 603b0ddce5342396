/**
 * Texts of reports, made safe for the form they go into: whatever a policy holds, it ends no element, begins no link and
 * hides nothing.
 *
 * Source: RFC 8259; XML 1.0, 2.2 and 2.4; OASIS SARIF 2.1.0, 3.11; RFC 3986.
 */
import { escapeTerminal } from '../../text/escape.js'

const NOT_PLAIN = /[^ -~\n]/g

/** JSON of the same value in which no character is hidden or moves others about; surrogates are written out, pairs too. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(NOT_PLAIN, (unit) =>
    escapeTerminal(unit) === unit ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Everything that XML 1.0 cannot hold is written out before. */
export function xmlText(text: string): string {
  return escapeTerminal(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

/** Longer messages are not shown by GitHub. */
const MAX_MESSAGE = 4_000

/** Message text in which nothing is a link or a placeholder; never empty and never longer than is shown. */
export function sarifText(text: string): string {
  const cut = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE).replace(/[\ud800-\udbff]$/, '')}…` : text
  const escaped = cut.replaceAll(/[\\[\]]/g, (character) => `\\${character}`).replaceAll(/\{(\d+)\}/g, '{{$1}}')
  return escaped === '' ? '-' : escaped
}

/** Paths are relative as far as they are given so; each part is escaped, whatever it holds. */
export function uriOf(name: string): string {
  const path = name.replaceAll('\\', '/')
  const parts = path.split('/').map((part) => encodePart(part))
  if (/^[A-Za-z]:$/.test(path.split('/')[0] ?? '')) return `file:///${parts.join('/')}`
  return path.startsWith('/') ? `file://${parts.join('/')}` : parts.join('/')
}

function encodePart(part: string): string {
  return encodeURIComponent(escapeTerminal(part)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
