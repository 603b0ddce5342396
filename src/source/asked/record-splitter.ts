/**
 * Cuts a stream of JSON into the texts of its records: one record, a list of them, JSON Lines, or the `Records` file
 * that CloudTrail delivers, however the text comes in pieces.
 *
 * Looks at brackets and quotes only; what is inside a record is not its business. At the top level a broken record
 * costs itself and nothing more, since the next one begins on a line of its own; inside a list nobody can tell where
 * the next begins, and reading ends. What is kept of a record is bounded, and so is its depth.
 *
 * Source: RFC 8259; jsonlines.org; CloudTrail User Guide, "CloudTrail record contents".
 */

/**
 * The text of a record, or why there is none; `line` is where it begins, from 1. The value is there where the text had to
 * be parsed to see that it is one record.
 */
export type RecordPart =
  | { readonly text: string; readonly line: number; readonly value?: unknown }
  | { readonly fault: string; readonly line: number }

/** Characters of one record; CloudTrail makes none of more than 256 KiB. */
const MAX_LENGTH = 2 * 1024 * 1024
const MAX_DEPTH = 64

/**
 * Members of a wrapping object that hold the records: of a delivered file, of `aws cloudtrail lookup-events`, of
 * `aws logs filter-log-events` and `aws logs get-query-results`, of `aws cloudtrail get-query-results`.
 */
const WRAPPER = /"(?:Records|Events|events|logEvents|results|QueryResultRows)"\s{0,16}:\s{0,16}$/
const WRAPPER_LENGTH = 48

const LINE_FEED = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const BYTE_ORDER_MARK = 0xfeff

export class RecordSplitter {
  private line = 1
  /** How many brackets are open, and which of them are objects. */
  private depth = 0
  private readonly isObject: boolean[] = []
  /** The depth at which records stand: 0 at the top, 1 in a list, 2 in the list of a wrapper. */
  private base: 0 | 1 | 2 = 0
  /** After the list of a wrapper: what else the wrapper has is of no interest. */
  private isBehindList = false
  private inRecord = false
  private recordLine = 1
  /** Where the present record begins in the present piece. */
  private start = 0
  /** What earlier pieces have of it. */
  private readonly pieces: string[] = []
  private length = 0
  /** Why the present record cannot be given. */
  private spoiled: string | undefined
  private inText = false
  private isEscaped = false
  /** The last character outside of texts that is no white space. */
  private last = 0
  /** Text that is no record is reported once a line. */
  private strayLine = 0
  /** Nothing more can be told apart. */
  private isLost = false
  private parts: RecordPart[] = []
  /** The last line that was tried as a whole. */
  private triedLine = 0

  /** @param parse - lets lines that are one record each be read without looking at their characters; undefined: no JSON. */
  constructor(private readonly parse?: (text: string) => unknown) {}

  /** The records that end in this piece. */
  push(chunk: string): readonly RecordPart[] {
    this.parts = []
    this.start = 0
    for (let index = 0; index < chunk.length && !this.isLost; index++) {
      if (this.inText) {
        index = this.readText(chunk, index)
        continue
      }
      const code = chunk.charCodeAt(index)
      const end = code === OPEN_OBJECT && this.depth === 0 ? this.readLine(chunk, index) : undefined
      if (end === undefined) this.readMark(code, chunk, index)
      else index = end
    }
    if (this.inRecord && !this.isLost) this.keep(chunk.slice(this.start))
    return this.parts
  }

  /** What is left when nothing more comes. */
  end(): readonly RecordPart[] {
    if (this.isLost) return []
    if (this.inRecord) return [{ fault: 'the text ends inside a record', line: this.recordLine }]
    return this.depth > 0 ? [{ fault: 'the text ends inside the list of records', line: this.line }] : []
  }

  /**
   * The last character of the line where it is one record and nothing else; all that would be found out about such a
   * record character by character is known then. A line is tried once, so one that is something else costs twice.
   */
  private readLine(chunk: string, from: number): number | undefined {
    const { parse, line } = this
    if (parse === undefined || this.triedLine === line || this.isStrayLine()) return undefined
    this.triedLine = line
    const end = chunk.indexOf('\n', from)
    if (end < 0 || end - from > MAX_LENGTH) return undefined
    const text = chunk.slice(from, end)
    if (text.includes('"Records"') || text.includes('"Events"') || !isShallow(text)) return undefined
    const value = parse(text)
    if (value === undefined) return undefined
    this.parts.push({ text: text.trimEnd(), line, value })
    return end - 1
  }

  /** From a character of a string to the last one of it that is here; most of an event is strings. */
  private readText(chunk: string, from: number): number {
    let index = from
    // The character behind a backslash may be a quote, and not one at which the string ends.
    if (this.isEscaped && chunk.charCodeAt(index) !== LINE_FEED) {
      this.isEscaped = false
      index++
    }
    for (; index < chunk.length; index++) {
      const code = chunk.charCodeAt(index)
      if (code === QUOTE) {
        this.inText = false
        this.last = QUOTE
        return index
      }
      if (code === BACKSLASH) {
        this.isEscaped = true
        return index
      }
      if (code === LINE_FEED) {
        this.breakOff('a string is not closed on its line')
        this.line++
        return index
      }
    }
    return index
  }

  private readMark(code: number, chunk: string, index: number): void {
    if (code === LINE_FEED) {
      this.line++
      return
    }
    if (code <= 0x20 || this.isStrayLine()) return
    switch (code) {
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.open(code, chunk, index)
        break
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.close(chunk, index)
        break
      default:
        if (!this.inRecord && !this.isBehindList) this.readBetween(code)
        if (code === QUOTE && this.depth > 0) this.inText = true
    }
    this.last = code
  }

  /** At the top level the rest of a line that has something else is left alone. */
  private isStrayLine(): boolean {
    return this.depth === 0 && this.strayLine === this.line
  }

  private readBetween(code: number): void {
    if ((code === COMMA && this.base > 0) || (code === BYTE_ORDER_MARK && this.line === 1)) return
    this.stray()
  }

  private stray(): void {
    if (this.strayLine === this.line) return
    this.strayLine = this.line
    this.parts.push({ fault: 'something that is no record stands here', line: this.line })
  }

  private open(code: number, chunk: string, index: number): void {
    if (this.inRecord && code === OPEN_OBJECT && !this.mayOpenObject()) {
      this.breakOff('a record is not closed before the next one begins')
      if (this.isLost) return
    }
    if (!this.inRecord && !this.isBehindList) {
      if (this.base === 0 && code === OPEN_LIST) {
        this.base = 1
      } else {
        this.inRecord = true
        this.recordLine = this.line
        this.start = index
      }
    } else if (code === OPEN_LIST && this.base === 0 && this.depth === 1 && this.isWrapper(chunk, index)) {
      this.drop()
      this.base = 2
    }
    // Neither the list of kinds nor the record that JSON.parse gets may be as deep as the input likes.
    if (this.depth < MAX_DEPTH) this.isObject[this.depth] = code === OPEN_OBJECT
    else if (this.inRecord) this.spoil(`the record is nested deeper than ${MAX_DEPTH} levels`)
    this.depth++
  }

  /** An object stands behind the name of a member or in a list, nowhere else. */
  private mayOpenObject(): boolean {
    if (this.depth > MAX_DEPTH) return true
    return this.isObject[this.depth - 1] === true ? this.last === COLON : this.last === COMMA || this.last === OPEN_LIST
  }

  private isWrapper(chunk: string, index: number): boolean {
    if (this.last !== COLON) return false
    let head = chunk.slice(Math.max(this.start, index - WRAPPER_LENGTH), index)
    for (let piece = this.pieces.length - 1; piece >= 0 && head.length < WRAPPER_LENGTH; piece--) {
      head = (this.pieces[piece] ?? '').slice(-WRAPPER_LENGTH) + head
    }
    return WRAPPER.test(head)
  }

  private close(chunk: string, index: number): void {
    if (this.depth === 0) {
      this.stray()
      return
    }
    this.depth--
    if (this.inRecord) {
      if (this.depth === this.base) this.finish(chunk.slice(this.start, index + 1))
    } else if (this.depth === 0) {
      this.base = 0
      this.isBehindList = false
    } else if (this.depth < this.base) {
      this.isBehindList = true
    }
  }

  private finish(rest: string): void {
    this.keep(rest)
    if (this.spoiled !== undefined) this.parts.push({ fault: this.spoiled, line: this.recordLine })
    else this.parts.push({ text: this.pieces.join(''), line: this.recordLine })
    this.drop()
  }

  private keep(piece: string): void {
    if (this.spoiled !== undefined) return
    this.length += piece.length
    if (this.length > MAX_LENGTH) this.spoil(`the record is longer than ${MAX_LENGTH} characters`)
    else this.pieces.push(piece)
  }

  private spoil(why: string): void {
    this.spoiled ??= why
    this.pieces.length = 0
  }

  private drop(): void {
    this.inRecord = false
    this.pieces.length = 0
    this.length = 0
    this.spoiled = undefined
  }

  /** The present record is broken. */
  private breakOff(why: string): void {
    const line = this.inRecord ? this.recordLine : this.line
    this.drop()
    this.inText = false
    this.isEscaped = false
    if (this.base > 0) {
      this.isLost = true
      this.parts.push({ fault: `${why}; nothing after it can be read`, line })
      return
    }
    this.depth = 0
    this.parts.push({ fault: why, line })
  }
}

/** Whether so few brackets are opened that not even all of them in each other would be too many. */
function isShallow(text: string): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++opened > MAX_DEPTH) return false
    }
  }
  return true
}
