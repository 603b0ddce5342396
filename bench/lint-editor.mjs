/**
 * Somebody typing in an editor: a client of the protocol at the pipes of `keyward lsp`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver-protocol/node'

const KEYS = 30
/** The first keys find a server that has hardly run yet. */
const WARM_UP = 10
const PAUSE_MS = 80
const THOROUGH_MS = 20_000

/** @returns how long it took each time: to the first diagnostics after a key, and to those of all rules after the last. */
export async function keystrokes(cli, name, text) {
  const child = spawn(process.execPath, [cli, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin))
  const heard = new Heard(client)
  client.listen()
  await client.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} })
  await client.sendNotification('initialized', {})
  const uri = `file:///bench/${name}`
  const languageId = name.slice(name.lastIndexOf('.') + 1)
  await client.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } })
  await heard.next(1, 2)
  const place = placeOf(text)
  const firstMs = []
  const thoroughMs = []
  let version = 1
  for (let round = 0; round < 3; round++) {
    let typed = 0
    for (let key = 0; key < WARM_UP + KEYS; key++) {
      await setTimeout(PAUSE_MS)
      typed = performance.now()
      version++
      const range = { start: place, end: { ...place, character: place.character + 1 } }
      const contentChanges = [{ range, text: 'abcdefghij'[version % 10] }]
      await client.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges })
      const at = await heard.next(version, 1)
      if (key >= WARM_UP) firstMs.push(at - typed)
    }
    thoroughMs.push((await heard.next(version, 2, THOROUGH_MS)) - typed)
  }
  const ended = once(child, 'exit')
  await client.sendRequest('shutdown')
  await client.sendNotification('exit')
  await ended
  client.dispose()
  return { firstMs, thoroughMs }
}

/** The first letter of a Sid: another one there changes no meaning. */
function placeOf(text) {
  const before = text.slice(0, text.indexOf('UseOfpayments0')).split('\n')
  return { line: before.length - 1, character: before.at(-1).length }
}

/** When diagnostics came, by the version they are of. */
class Heard {
  constructor(client) {
    this.times = new Map()
    this.waiting = () => undefined
    client.onNotification('textDocument/publishDiagnostics', ({ version, diagnostics }) => {
      if (version === undefined) throw new Error(`the server could not check: ${diagnostics[0]?.message}`)
      const times = this.times.get(version) ?? []
      this.times.set(version, [...times, performance.now()])
      this.waiting()
    })
  }

  /** When the first, or second, diagnostics of a version came; the first where there is no second in time. */
  async next(version, count, withinMs = THOROUGH_MS) {
    const ending = performance.now() + withinMs
    for (;;) {
      const times = this.times.get(version) ?? []
      if (times.length >= count) return times[count - 1]
      const left = ending - performance.now()
      if (left <= 0) {
        if (times.length === 0) throw new Error('no diagnostics came')
        return times.at(-1)
      }
      const come = new Promise((resolve) => {
        this.waiting = resolve
      })
      await Promise.race([come, setTimeout(left, undefined, { ref: false })])
    }
  }
}
