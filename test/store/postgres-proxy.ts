/** A way to a PostgreSQL server that can be cut, frozen, or broken in the moment of a commit. */
import { createServer, type Server, type Socket, connect } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from './support.js'

export interface Proxy {
  readonly url: string
  /** The next COMMIT reaches the server or does not; nobody is told what became of it. `never`: nor that it did not. */
  breakAtCommit(how: 'before' | 'after' | 'never'): void
  /** Nothing passes any more, and no connection ends. */
  freeze(): void
  thaw(): void
  cut(): void
  /** The server forgets what was prepared on each connection, as behind a pooler that shares them. */
  forget(): Promise<void>
  close(): Promise<void>
}

const SOCKET = '.s.PGSQL.5432'
const QUERY = 'DEALLOCATE ALL\0'
const FORGET = Buffer.concat([Buffer.from('Q\0\0\0'), Buffer.from([4 + QUERY.length]), Buffer.from(QUERY)])
/** Who takes it writes what was committed to the store; others commit for reasons of their own. */
const TURN = Buffer.from('.turn FOR UPDATE')
const COMMIT = Buffer.from('COMMIT\0')

/** @param url - of the server, whose socket is in the folder that is its host. */
export async function startProxy(url: string): Promise<Proxy> {
  const folder = temporaryFolder()
  const target = new URL(url)
  const host = target.searchParams.get('host') ?? ''
  target.searchParams.set('host', folder)
  const pairs = new Set<readonly [Socket, Socket]>()
  let breaks: 'before' | 'after' | 'never' | undefined
  let isFrozen = false
  /** Connections whose next answer is to what nobody but the proxy has asked. */
  const forgetting = new Set<Socket>()
  let isForgotten = (): void => undefined
  const listener: Server = createServer((client) => {
    const server = connect(join(host, SOCKET))
    const pair = [client, server] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    let isDeaf = false
    let isWriter = false
    for (const socket of pair) socket.on('error', end).on('close', end)
    client.on('data', (part) => {
      if (isFrozen) return
      isWriter ||= part.includes(TURN)
      if (breaks !== undefined && isWriter && part.includes(COMMIT)) {
        const how = breaks
        breaks = undefined
        if (how === 'before') {
          end()
          return
        }
        if (how === 'never') return
        isDeaf = true
      }
      server.write(part)
    })
    server.on('data', (part) => {
      if (isFrozen) return
      if (forgetting.delete(server)) {
        if (forgetting.size === 0) isForgotten()
        return
      }
      // The server says it is done with the transaction: from here on it is committed.
      if (isDeaf) end()
      else client.write(part)
    })
  })
  await new Promise<void>((resolve) => {
    listener.listen(join(folder, SOCKET), resolve)
  })
  const cut = (): void => {
    for (const [client, server] of pairs) {
      client.destroy()
      server.destroy()
    }
  }
  return {
    url: target.href,
    breakAtCommit: (how) => {
      breaks = how
    },
    freeze: () => {
      isFrozen = true
    },
    thaw: () => {
      isFrozen = false
      cut()
    },
    cut,
    forget: () =>
      new Promise((resolve) => {
        isForgotten = resolve
        for (const [, server] of pairs) {
          forgetting.add(server)
          server.write(FORGET)
        }
      }),
    close: async () => {
      cut()
      await new Promise((resolve) => {
        listener.close(resolve)
      })
    },
  }
}
