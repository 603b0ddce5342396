/**
 * Reads one text with one grammar of `grammar/`: exactly one parse, or the one place where it went wrong.
 *
 * Knows no language and writes no message: it says what was found and what could stand there, and the reader of each
 * language finds the words.
 *
 * Source: nearley documentation ("Using a parser"); the table that `expected` is read from is nearley's own.
 */
import nearley, { type CompiledRules } from 'nearley'
import type { GrammarLexer, GrammarToken } from './grammar-lexer.js'
import type { Result } from './source.js'

/** Something wrong in a text that has no name of its own; offsets as in `Span`. */
export interface TextError {
  readonly message: string
  readonly start: number
  readonly end: number
  /** What would be right, as a sentence fragment. */
  readonly hint?: string
}

export interface GrammarFailure {
  /** The first token that cannot stand where it stands. */
  readonly found: GrammarToken
  readonly expected: readonly Expectation[]
}

/** A token type or literal that could stand somewhere, and the rule of the grammar that wants it. */
export interface Expectation {
  readonly terminal: string
  readonly rule: string
}

interface Column {
  readonly scannable: readonly {
    readonly rule: { readonly name: string; readonly symbols: readonly unknown[] }
    readonly dot: number
  }[]
}

/** Asks nearley for the place of an error and not for its text, which costs time and speaks of parse tables. */
class QuietParser extends nearley.Parser {
  failure: GrammarFailure | undefined
  declare readonly table: readonly Column[]
  declare results: unknown[]

  reportError(found: GrammarToken): string {
    const expected: Expectation[] = []
    for (const { rule, dot } of this.table[this.current]?.scannable ?? []) {
      const terminal = terminalName(rule.symbols[dot])
      if (terminal !== undefined) expected.push({ terminal, rule: rule.name })
    }
    this.failure = { found, expected }
    return ''
  }
}

/**
 * @param rules - a generated parser whose first rule ends with `%end`; the type of what that rule makes is `T`.
 */
export function grammarReader<T>(rules: CompiledRules): (text: string) => Result<T, GrammarFailure> {
  const grammar = nearley.Grammar.fromCompiled(rules)
  return (text) => {
    const parser = new QuietParser(grammar)
    try {
      parser.feed(text)
    } catch (error) {
      if (parser.failure === undefined) throw error
      return { ok: false, error: parser.failure }
    }
    const [value] = parser.results
    if (parser.results.length !== 1)
      throw new Error(`the grammar gives ${parser.results.length} parses of ${JSON.stringify(text)}`)
    // One parse, made by the first rule: that its postprocessor makes a T is what the type parameter says.
    return { ok: true, value: value as T }
  }
}

/** What the beginning of a text says, and where that ends. */
export interface Prefix<T> {
  readonly value: T
  readonly end: number
}

/**
 * Reads the longest beginning of a text that one rule of a grammar accepts; undefined when there is none.
 * @param start - the rule, which does not end with `%end`; the type of what it makes is `T`.
 */
export function prefixReader<T>(
  rules: CompiledRules,
  lexer: GrammarLexer,
  start: string,
): (text: string) => Prefix<T> | undefined {
  const grammar = nearley.Grammar.fromCompiled({ ...rules, ParserStart: start })
  return (text) => {
    const tokens = new OneToken()
    const parser = new QuietParser(grammar, { lexer: tokens })
    let longest: Prefix<T> | undefined
    lexer.reset(text)
    for (let token = lexer.next(); token !== undefined && token.type !== 'end'; token = lexer.next()) {
      tokens.waiting = token
      try {
        parser.feed('')
      } catch (error) {
        if (parser.failure === undefined) throw error
        return longest
      }
      if (parser.results.length > 1) throw new Error(`the rule ${start} gives ${parser.results.length} parses`)
      if (parser.results.length === 0) continue
      longest = { value: parser.results[0] as T, end: token.offset + token.text.length }
    }
    return longest
  }
}

/** Hands nearley one token at a time, so that it can be asked after each whether the rule may end here. */
class OneToken implements nearley.Lexer {
  waiting: GrammarToken | undefined

  reset(): void {}

  next(): GrammarToken | undefined {
    const token = this.waiting
    this.waiting = undefined
    return token
  }

  save(): nearley.LexerState {
    return {}
  }

  formatError(): string {
    return ''
  }
}

export function expects({ expected }: GrammarFailure, terminal: string): boolean {
  return expected.some((expectation) => expectation.terminal === terminal)
}

function terminalName(symbol: unknown): string | undefined {
  if (typeof symbol !== 'object' || symbol === null) return undefined
  if ('type' in symbol && typeof symbol.type === 'string') return symbol.type
  return 'literal' in symbol && typeof symbol.literal === 'string' ? symbol.literal : undefined
}
