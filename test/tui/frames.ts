/** Frames of the explorer without a terminal: a world to ask, views driven by keys, and what they look like as text. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { drawApp } from '../../src/tui/app/draw-app.js'
import { reduceApp, startApp, type App, type AppEvent, type AppParts } from '../../src/tui/app/app.js'
import type { Feed, View } from '../../src/tui/app/view.js'
import { partsFor } from '../../src/tui/explorer.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { plainText } from '../../src/tui/frame/span.js'
import { KeyDecoder } from '../../src/tui/keys/decode-keys.js'
import { Asking } from '../../src/tui/world/asking.js'
import { Answerer } from '../../src/source/answer/answer-question.js'
import { QuestionGroups } from '../../src/source/answer/grouped-questions.js'
import { readCloudTrail } from '../../src/source/asked/cloudtrail.js'
import { openWorld } from '../../src/source/world/load-world.js'

export const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
] as const

/** Some weeks after the events of the fixture. */
const OPENED_AT_MS = Date.UTC(2026, 10, 1)

let known: Asking | undefined

/** The invented organization of `fixtures/acme`. */
export function acme(): Asking {
  if (known === undefined) {
    const opened = openWorld('fixtures/acme/world')
    if (!opened.ok) throw new Error(opened.error)
    known = new Asking('fixtures/acme/world', opened.value.world, new Answerer(opened.value.world), OPENED_AT_MS)
  }
  return known
}

/** A day of events, all of them read. */
export function dayFeed(asking: Asking = acme()): Feed {
  const name = 'fixtures/acme/questions/day.jsonl'
  const groups = new QuestionGroups(asking.answerer)
  let read = 0
  for (const item of readCloudTrail(name, readFileSync(name, 'utf8'), { names: asking.answerer.names })) {
    read++
    if (item.ok) groups.add(item.value)
    else groups.notUnderstood(item.error)
  }
  return { grouped: groups.finish(), read, state: 'read', name }
}

export interface Room {
  readonly columns: number
  readonly rows: number
}

/** The program with one view, as it stands when it has been told its room. */
export function started(view: View, room: Room, feed?: Feed, parts: AppParts = partsFor(acme(), UNICODE)): Driven {
  const app = startApp([view], room, feed)
  const driven = new Driven(app, parts)
  driven.send({ kind: 'resize', ...room })
  if (feed !== undefined) driven.send({ kind: 'feed', feed })
  return driven
}

/** The program driven by what a terminal sends. */
export class Driven {
  private readonly decoder = new KeyDecoder()
  readonly effects: unknown[] = []

  constructor(
    public app: App,
    private readonly parts: AppParts,
  ) {}

  send(event: AppEvent): this {
    const step = reduceApp(this.app, event, this.parts)
    this.app = step.app
    this.effects.push(...step.effects.map(({ effect }) => effect))
    return this
  }

  /** Names of keys, or text in quotes: `down`, `enter`, `"payments"`. */
  press(...keys: readonly string[]): this {
    for (const key of keys) {
      if (key.startsWith('"')) {
        for (const input of this.decoder.push(key.slice(1, -1))) this.send({ kind: 'input', input })
      } else {
        const text = key.length === 1 ? { text: key } : {}
        this.send({ kind: 'input', input: { kind: 'key', name: key, ...text } })
      }
    }
    return this
  }

  paste(text: string): this {
    return this.send({ kind: 'input', input: { kind: 'paste', text } })
  }

  frame(): string {
    return `${drawApp(this.app, this.parts)
      .map((line) => plainText(line).trimEnd())
      .join('\n')}\n`
  }
}

const CASES = 'test/cases/tui'

/** Set to write the files anew; read the difference before it is kept. */
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

export function checkFrame(name: string, text: string): void {
  const path = join(CASES, `${name}.txt`)
  if (updates || !existsSync(path)) {
    if (!updates) throw new Error(`${path} is missing; KEYWARD_UPDATE_GOLDEN=1 writes it`)
    mkdirSync(CASES, { recursive: true })
    writeFileSync(path, text)
  }
  expect(text).toBe(readFileSync(path, 'utf8'))
}
