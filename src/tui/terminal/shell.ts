/**
 * The program running in a terminal: input to events, events to states, states to frames, effects to replies.
 *
 * The one place that has a clock, signals and a process. However the program ends, the terminal is given back first.
 */
import type { ReadStream, WriteStream } from 'node:tty'
import { drawApp } from '../app/draw-app.js'
import { reduceApp, type App, type AppEvent, type AppParts, type ShellEffect } from '../app/app.js'
import { paintLine, type Theme } from '../frame/theme.js'
import { KeyDecoder } from '../keys/decode-keys.js'
import { clipboardSequence, editEffect, writeEffect } from './do-effects.js'
import type { mountRows, Rows } from './ink-rows.js'
import { Screen } from './screen.js'
import { Terminal } from './terminal.js'

export interface ShellOptions {
  readonly input: ReadStream
  readonly output: WriteStream
  readonly theme: Theme
  readonly mouse: boolean
  /** Ink takes longer to load than all else, so it is loaded behind the first frame. */
  readonly loadRows: () => Promise<{ readonly mountRows: typeof mountRows }>
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Ended {
  readonly app: App
  /** That ended the program. */
  readonly signal: NodeJS.Signals | undefined
}

/** Esc by itself is told from the beginning of a sequence by what follows it; ssh may take its time. */
const ESC_WAIT_MS = 40
const STOP_WAIT_MS = 200
/** A slice of long work; more would be felt in the keys. */
const SLICE_MS = 8

const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT']

export class Shell {
  private app: App
  private readonly terminal: Terminal
  private readonly screen: Screen
  private readonly decoder = new KeyDecoder()
  private rows: Rows | undefined
  private escTimer: NodeJS.Timeout | undefined
  private stopTimer: NodeJS.Timeout | undefined
  private isPainting = false
  private finish: ((ended: Ended) => void) | undefined
  private fail: ((error: unknown) => void) | undefined

  constructor(
    private parts: AppParts,
    private readonly options: ShellOptions,
    start: (room: { readonly columns: number; readonly rows: number }) => App,
  ) {
    this.terminal = new Terminal(options)
    this.screen = new Screen((text) => this.terminal.write(text))
    this.app = start(this.terminal.size)
  }

  /** Resolves when the program has ended and the terminal is as it was; rejects with a defect of ours. */
  run(): Promise<Ended> {
    const { input, output } = this.options
    return new Promise<Ended>((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
      for (const signal of ENDING) process.on(signal, this.onEndingSignal)
      process.on('SIGTSTP', this.suspend)
      process.on('SIGCONT', this.onContinued)
      process.on('uncaughtException', this.onDefect)
      process.on('unhandledRejection', this.onDefect)
      process.on('exit', this.giveBack)
      input.on('data', this.onInput)
      input.on('end', this.onGone)
      input.on('error', this.onGone)
      output.on('resize', this.onResize)
      this.terminal.take()
      this.dispatch({ kind: 'resize', ...this.terminal.size })
      this.paint()
      setImmediate(() => this.mount())
    }).finally(() => this.close())
  }

  /** From here on another program on the same screen, whose terminal nobody gives back meanwhile. */
  begin(parts: AppParts, start: (room: { readonly columns: number; readonly rows: number }) => App): void {
    if (this.finish === undefined) return
    this.parts = parts
    this.app = start(this.terminal.size)
    this.dispatch({ kind: 'resize', ...this.terminal.size })
    this.paintSoon()
  }

  /** Ends as if the user had left: the terminal is as it was. */
  stop(): void {
    this.end(undefined)
  }

  dispatch(event: AppEvent): void {
    if (this.finish === undefined) return
    const { app, effects } = reduceApp(this.app, event, this.parts)
    const isOther = app !== this.app
    this.app = app
    for (const { from, effect } of effects) this.perform(from, effect)
    if (app.hasQuit) this.end(undefined)
    else if (isOther) this.paintSoon()
  }

  // ----------------------------------------------------------------------------------------------------------- frames

  /** After all that came together: one frame for keys that arrive at once. */
  private paintSoon(): void {
    if (this.isPainting) return
    this.isPainting = true
    queueMicrotask(() => {
      this.isPainting = false
      if (this.finish !== undefined) this.paint()
    })
  }

  private paint(): void {
    const { theme } = this.options
    const lines = drawApp(this.app, this.parts).map((line) => paintLine(line, theme))
    if (this.rows === undefined) this.screen.show(lines)
    else this.rows.show(lines)
  }

  private mount(): void {
    this.options.loadRows().then(({ mountRows: mount }) => {
      if (this.finish === undefined) return
      this.rows = mount(this.screen)
      this.paint()
    }, this.onDefect)
  }

  // ------------------------------------------------------------------------------------------------------------ input

  private readonly onInput = (chunk: string | Buffer): void => {
    this.guard(() => {
      clearTimeout(this.escTimer)
      for (const input of this.decoder.push(String(chunk))) this.dispatch({ kind: 'input', input })
      if (this.decoder.isWaiting) this.escTimer = setTimeout(this.onEscWaited, ESC_WAIT_MS)
    })
  }

  private readonly onEscWaited = (): void => {
    this.guard(() => {
      for (const input of this.decoder.flush()) this.dispatch({ kind: 'input', input })
    })
  }

  private readonly onResize = (): void => {
    this.guard(() => {
      this.screen.forget()
      this.dispatch({ kind: 'resize', ...this.terminal.size })
    })
  }

  private guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.onDefect(error)
    }
  }

  // ---------------------------------------------------------------------------------------------------------- effects

  private perform(from: number, effect: ShellEffect): void {
    const reply = (answer: Parameters<typeof this.replied>[1]): void => this.replied(from, answer)
    switch (effect.kind) {
      case 'suspend':
        this.suspend()
        return
      case 'redraw':
        this.screen.forget()
        this.paintSoon()
        return
      case 'copy':
        this.terminal.write(clipboardSequence(effect.text))
        this.dispatch({ kind: 'say', text: `copied ${effect.what}` })
        return
      case 'write':
        reply(writeEffect(effect))
        return
      case 'edit': {
        this.terminal.giveBack()
        // An editor that stops takes its job along, and nobody here could hear of it while waiting for the editor.
        process.off('SIGTSTP', this.suspend)
        const edited = editEffect(effect, this.options.env)
        process.on('SIGTSTP', this.suspend)
        this.retake()
        reply(edited)
        return
      }
      case 'work':
        this.slice(from, effect.tag, effect.work())
    }
  }

  private replied(to: number, reply: Extract<AppEvent, { readonly kind: 'reply' }>['reply']): void {
    if (reply.kind === 'failed') this.dispatch({ kind: 'say', text: reply.message })
    this.dispatch({ kind: 'reply', to, reply })
  }

  private slice(from: number, tag: string, work: Generator<void, unknown>): void {
    setImmediate(() => {
      // Whoever wanted it may have been left.
      if (this.finish === undefined || !this.app.stack.some(({ id }) => id === from)) return
      this.guard(() => {
        const endMs = performance.now() + SLICE_MS
        for (let step = work.next(); ; step = work.next()) {
          if (step.done === true) {
            this.replied(from, { kind: 'done', tag, value: step.value })
            return
          }
          if (performance.now() >= endMs) break
        }
        this.slice(from, tag, work)
      })
    })
  }

  // ---------------------------------------------------------------------------------------------------------- endings

  private readonly giveBack = (): void => this.terminal.giveBack()

  /** With everybody of our job, as the terminal itself would do it: whoever started us has to stop as well. */
  private readonly suspend = (): void => {
    this.terminal.giveBack()
    process.off('SIGTSTP', this.suspend)
    process.kill(0, 'SIGTSTP')
    // Where there is no shell to go back to, nothing stops and nobody says so.
    this.stopTimer = setTimeout(this.onContinued, STOP_WAIT_MS)
  }

  private readonly onContinued = (): void => {
    clearTimeout(this.stopTimer)
    if (this.finish === undefined) return
    process.off('SIGTSTP', this.suspend)
    process.on('SIGTSTP', this.suspend)
    this.guard(() => this.retake())
  }

  private retake(): void {
    this.terminal.take()
    this.screen.forget()
    this.dispatch({ kind: 'resize', ...this.terminal.size })
    this.paintSoon()
  }

  private readonly onEndingSignal = (signal: NodeJS.Signals): void => this.end(signal)

  private readonly onGone = (): void => this.end('SIGHUP')

  private readonly onDefect = (error: unknown): void => {
    this.terminal.giveBack()
    const { fail } = this
    this.finish = undefined
    this.fail = undefined
    fail?.(error)
  }

  private end(signal: NodeJS.Signals | undefined): void {
    const { finish } = this
    this.finish = undefined
    this.terminal.giveBack()
    finish?.({ app: this.app, signal })
  }

  private close(): void {
    const { input, output } = this.options
    this.terminal.giveBack()
    clearTimeout(this.escTimer)
    clearTimeout(this.stopTimer)
    this.rows?.unmount()
    for (const signal of ENDING) process.off(signal, this.onEndingSignal)
    process.off('SIGTSTP', this.suspend)
    process.off('SIGCONT', this.onContinued)
    process.off('uncaughtException', this.onDefect)
    process.off('unhandledRejection', this.onDefect)
    process.off('exit', this.giveBack)
    input.off('data', this.onInput)
    input.off('end', this.onGone)
    input.off('error', this.onGone)
    output.off('resize', this.onResize)
  }
}
