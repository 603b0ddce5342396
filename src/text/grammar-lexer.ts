/**
 * The lexers of the grammars: moo, and a last token named `end`.
 *
 * With `end` in the grammar's first rule a text that stops too early fails at a place like any other mistake, and a list
 * is turned into an array once, not once for every beginning of it.
 *
 * Source: moo and nearley documentation ("Tokenizers").
 */
import type { Lexer } from 'moo'

/** A type alias and not an interface: only so does TypeScript accept it where a generated parser wants any keys. */
export type GrammarToken = {
  /** Name of the lexer rule; `end` after the last character, `unknown` where no rule matches. */
  readonly type: string
  readonly text: string
  /** `text` as the rule's own `value` function left it. */
  readonly value: string
  readonly offset: number
}

export interface GrammarLexer {
  reset(text: string): void
  next(): GrammarToken | undefined
  has(type: string): boolean
  save(): { readonly [key: string]: unknown }
  formatError(): string
}

/**
 * Lexer rules that can fail to match end with `unknown: moo.error`, so that the parser, not the lexer, reports the place;
 * tokens of a rule named `blank` are passed over.
 *
 * @param textOf - what grammar literals are compared with; the token's own text when left out.
 */
export function endingLexer(lexer: Lexer, textOf?: (token: GrammarToken) => string): GrammarLexer {
  let length = 0
  let ended = false
  return {
    reset(text) {
      lexer.reset(text)
      length = text.length
      ended = false
    },
    next() {
      let token = lexer.next()
      while (token?.type === 'blank') token = lexer.next()
      if (token === undefined) {
        if (ended) return undefined
        ended = true
        return { type: 'end', text: '', value: '', offset: length }
      }
      const { type = 'unknown', text, value, offset } = token
      const plain = { type, text, value, offset }
      return textOf === undefined ? plain : { ...plain, text: textOf(plain) }
    },
    // nearley asks these; every token that a grammar names is a rule of its lexer, and errors are told by the readers.
    has: () => true,
    save: () => ({}),
    formatError: () => '',
  }
}
