/**
 * The skeleton of every HTML page that Keyward writes: one file that works from disk, asks the network for nothing, and
 * is read in light and dark.
 *
 * Knows nothing of what a page is about. Its content security policy allows no more than its own style, and its own
 * script where it has one.
 */
import { escapeTerminal } from '../text/escape.js'

export interface HtmlPage {
  /** Plain text. */
  readonly title: string
  /** Below what every page has. */
  readonly style: string
  /** Markup, escaped already. */
  readonly body: string
  readonly script?: string
}

/** For the text of an element or an attribute; control and bidirectional characters are written out. */
export function escapeHtml(text: string): string {
  return escapeTerminal(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
`

/** A whole document; ends in a line feed. */
export function htmlPage({ title, style, body, script }: HtmlPage): string {
  const ownScript = script === undefined ? '' : "; script-src 'unsafe-inline'"
  const policy = `default-src 'none'; style-src 'unsafe-inline'${ownScript}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
${body}${script === undefined ? '' : `\n<script>${script}</script>`}
</body>
</html>
`
}
