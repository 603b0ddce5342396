/**
 * `keyward explore` in a terminal, with a hand that types and a clock beside it.
 *
 * `script` makes the pseudo-terminal, an emulator reads what comes. A frame has come when the mark of its end has; what
 * the emulator takes to read it is not counted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import xterm from '@xterm/headless'

const END_OF_FRAME = '\u001b[?2026l'
/** Nothing comes any more: what goes on behind a key, such as cells that are decided, has ended. */
const QUIET_MS = 25
const LONGEST_MS = 60_000

export const COLUMNS = 120
export const ROWS = 40

export class Explorer {
  raw = ''
  hasEnded = false
  frames = 0
  /** Of the last frame that the emulator has read. */
  lastAtMs = 0
  listeners = new Set()
  tail = ''

  /** @param folder - for what this needs; it is also the home of whoever runs the program. */
  constructor(words, folder, env = {}) {
    this.pidFile = join(mkdtempSync(join(folder, 'explore-')), 'pid')
    this.emulator = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
    const program = `stty rows ${ROWS} cols ${COLUMNS}; echo $$ >"$PID_FILE"; exec ${words.map(quoted).join(' ')}`
    this.startedAtMs = performance.now()
    this.child = spawn('script', ['-qfec', program, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        SHELL: '/bin/sh',
        PID_FILE: this.pidFile,
        ...env,
      },
    })
    const decoder = new TextDecoder()
    this.child.stdout.on('data', (bytes) => this.hear(decoder.decode(bytes, { stream: true })))
    this.child.stdin.on('error', () => undefined)
    this.child.on('exit', () => {
      this.hasEnded = true
      for (const listener of this.listeners) listener()
    })
  }

  hear(text) {
    const atMs = performance.now()
    // The mark may come in two pieces.
    const searched = this.tail + text
    const isFrame = searched.includes(END_OF_FRAME)
    this.tail = searched.slice(-END_OF_FRAME.length + 1).replaceAll(END_OF_FRAME, '')
    this.lastHeardAtMs = atMs
    this.emulator.write(text, () => {
      if (!isFrame) return
      this.frames++
      this.lastAtMs = atMs
      for (const listener of this.listeners) listener()
    })
  }

  get screen() {
    const { active } = this.emulator.buffer
    return Array.from({ length: ROWS }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '')
  }

  /** When the frame came that answers; the first that there is, where nothing is asked for. */
  frame(answers = () => true, since = this.frames) {
    return new Promise((resolve, reject) => {
      const finish = (work) => {
        clearTimeout(timer)
        this.listeners.delete(look)
        work()
      }
      const look = () => {
        if (this.frames > since && answers(this.screen)) finish(() => resolve(this.lastAtMs))
        else if (this.hasEnded) finish(() => reject(new Error(`the program has ended:\n${this.shown()}`)))
      }
      const timer = setTimeout(
        () => finish(() => reject(new Error(`what was looked for has not come:\n${this.shown()}`))),
        LONGEST_MS,
      )
      this.listeners.add(look)
      look()
    })
  }

  shown() {
    return this.screen.join('\n').trimEnd()
  }

  /** Milliseconds from the start to the frame that has the text. */
  async until(text) {
    return (await this.frame((screen) => screen.some((line) => line.includes(text)), -1)) - this.startedAtMs
  }

  /** Milliseconds from a key to its frame: the next one, or the next that answers. */
  async key(bytes, answers) {
    await this.quiet()
    return this.press(bytes, answers)
  }

  /** The same while other frames come. */
  async press(bytes, answers) {
    const since = this.frames
    const sentAtMs = performance.now()
    this.child.stdin.write(bytes)
    return (await this.frame(answers, since)) - sentAtMs
  }

  async quiet() {
    while (performance.now() - this.lastHeardAtMs < QUIET_MS) await wait(5)
  }

  /** Nanoseconds that the first thread, which does nearly everything, has had of a processor; NaN where nobody says. */
  cpuNs() {
    return this.proc('schedstat', /^(\d+)/)
  }

  /** Megabytes that the program has had at its most. */
  mostMegabytes() {
    return (this.proc('status', /VmHWM:\s+(\d+)/) * 1024) / 1e6
  }

  proc(name, pattern) {
    try {
      const pid = readFileSync(this.pidFile, 'utf8').trim()
      return Number(pattern.exec(readFileSync(`/proc/${pid}/${name}`, 'utf8'))?.[1] ?? NaN)
    } catch {
      return NaN
    }
  }

  async end() {
    if (this.hasEnded) return
    const ended = once(this.child, 'exit')
    this.child.stdin.write('\u0003')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LONGEST_MS)
    await ended
    clearTimeout(timer)
  }
}

function quoted(word) {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
