/**
 * Runs a command again whenever files or folders change, until Ctrl-C. Nothing is asked again and again: the system tells.
 */
import { statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { writeError } from './terminal.js'

/** Gets a path within a folder that is watched, and the folder. */
export type ChangeFilter = (changed: string, folder: string) => boolean

/**
 * @param paths - what there is to watch before anything is read.
 * @param run - gets a function that takes the paths that are about to be read.
 * @param matters - whether what has changed in a folder may change what a run answers.
 * @returns what the last run has answered.
 */
export async function runWatching<T>(
  paths: readonly string[],
  run: (onRead: (paths: readonly string[]) => void) => Promise<T>,
  matters: ChangeFilter,
): Promise<T> {
  const changes = new Changes(matters)
  const end = (): void => changes.end()
  process.once('SIGINT', end)
  try {
    // Before anything is read, so that no change is missed.
    changes.add(paths)
    for (;;) {
      const answer = await run((read) => changes.add(read))
      writeError('keyward: waiting for changes; Ctrl-C ends\n')
      if (!(await changes.next())) return answer
    }
  } finally {
    process.removeListener('SIGINT', end)
    changes.end()
  }
}

/** Editors write a file in several steps, and a checkout writes many. */
const QUIET_MS = 100

class Changes {
  private readonly watchers = new Map<string, FSWatcher>()
  private waiting: (() => void) | undefined
  private timer: NodeJS.Timeout | undefined
  private hasChanged = false
  private isEnded = false

  constructor(private readonly matters: ChangeFilter) {}

  /** Also watches these; one that is watched already, or is not there, is passed over. */
  add(paths: Iterable<string>): void {
    for (const path of paths) {
      if (this.isEnded || this.watchers.has(path)) continue
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) continue
      const isFolder = stats.isDirectory()
      // A file is watched by its folder: saving it often puts another one in its place.
      const name = isFolder ? undefined : basename(path)
      try {
        const watcher = watch(isFolder ? path : dirname(path), { recursive: isFolder }, (_event, changed) => {
          if (changed === null || (name === undefined ? this.matters(changed, path) : changed === name)) this.note()
        })
        // A folder that is taken away is a change as well.
        watcher.on('error', () => this.note())
        this.watchers.set(path, watcher)
      } catch {
        // What cannot be watched is read when something else changes.
      }
    }
  }

  /** Resolves to true when something has changed since this was last asked, and to false at the end. */
  async next(): Promise<boolean> {
    if (!this.hasChanged && !this.isEnded) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve
      })
    }
    this.waiting = undefined
    this.hasChanged = false
    return !this.isEnded
  }

  end(): void {
    this.isEnded = true
    clearTimeout(this.timer)
    for (const watcher of this.watchers.values()) watcher.close()
    this.watchers.clear()
    this.waiting?.()
  }

  private note(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.hasChanged = true
      this.waiting?.()
    }, QUIET_MS)
  }
}
