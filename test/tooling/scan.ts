/**
 * Reads TypeScript just far enough to tell code from comments and strings: which modules a file names, and the code
 * that is left when comments and the contents of literals are taken away.
 *
 * Knows no syntax beyond that; `scan.test.ts` compares its imports with those the bundler finds.
 */

export interface Scan {
  /** The modules it imports or re-exports from, types included, in the order of the text. */
  readonly imports: readonly Import[]
  /** The text without comments, each string as `"n"`, template text and regular expressions gone. */
  readonly code: string
}

export interface Import {
  readonly specifier: string
  /** `type` when nothing of it is left at run time; `dynamic` for `import()`. */
  readonly kind: 'value' | 'type' | 'dynamic'
}

export function scan(text: string): Scan {
  const { code, strings } = blank(text)
  return { code, imports: importsOf(code, strings) }
}

const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y
const STRING = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$]*/uy

const WORDS_BEFORE_A_VALUE = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'yield',
  'await',
  'void',
  'delete',
  'throw',
])

/** After a value a `/` divides; after anything else it opens a regular expression. */
function endsAValue(code: string, lastWord: string): boolean {
  return /[\w$)\]}"]/.test(code.trimEnd().slice(-1)) && !WORDS_BEFORE_A_VALUE.has(lastWord)
}

function blank(text: string): { readonly code: string; readonly strings: readonly string[] } {
  const strings: string[] = []
  /** For every template that is open, how many braces are open inside its present `${`. */
  const templates: number[] = []
  let code = ''
  let lastWord = ''
  let place = 0

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = place
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) place += found.length
    return found
  }
  const skipTemplateText = (): void => {
    while (place < text.length) {
      const char = text[place++]
      if (char === '\\') place++
      else if (char === '`') {
        code += '"'
        return
      } else if (char === '$' && text[place] === '{') {
        place++
        templates.push(0)
        code += '${'
        return
      }
    }
  }

  while (place < text.length) {
    const char = text.charAt(place)
    if (char === '/' && take(COMMENT) !== undefined) {
      code += ' '
      continue
    }
    const string = char === "'" || char === '"' ? take(STRING) : undefined
    if (string !== undefined) {
      code += `"${strings.length}"`
      strings.push(string.slice(1, -1))
      lastWord = ''
      continue
    }
    const word = take(WORD)
    if (word !== undefined) {
      code += word
      lastWord = word
      continue
    }
    if (char === '/' && !endsAValue(code, lastWord) && take(REGULAR_EXPRESSION) !== undefined) {
      code += '"'
      continue
    }
    place++
    if (char === '`') {
      skipTemplateText()
      continue
    }
    const open = templates.at(-1)
    if (char === '}' && open === 0) {
      templates.pop()
      code += '}'
      skipTemplateText()
      continue
    }
    if (open !== undefined && char === '{') templates[templates.length - 1] = open + 1
    if (open !== undefined && char === '}') templates[templates.length - 1] = open - 1
    code += char
    if (char.trim() !== '') lastWord = ''
  }
  return { code, strings }
}

/** `import … from "n"`, `export … from "n"`, `import "n"`, `import("n")`. */
const NAMED =
  /\b(?:import|export)(\s+type\b)?([\s\w$*,{}]*)\bfrom\s*"(\d+)"|\bimport\s*"(\d+)"|\bimport\s*\(\s*"(\d+)"/g

function importsOf(code: string, strings: readonly string[]): readonly Import[] {
  return Array.from(code.matchAll(NAMED), ([, type, names, from, bare, called]): Import => {
    const specifier = strings[Number(from ?? bare ?? called)] ?? ''
    if (called !== undefined) return { specifier, kind: 'dynamic' }
    // `import type from "n"` imports a value that is called `type`.
    return { specifier, kind: type !== undefined && names?.trim() !== '' ? 'type' : 'value' }
  })
}
