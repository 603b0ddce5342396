/**
 * The explorer without a screen: the same story, line by line.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Question } from '../source/asked/question.js'
import type { Feed } from '../tui/app/view.js'
import { plainStory } from '../tui/plain-story.js'
import type { Asking } from '../tui/world/asking.js'
import { loadEvents } from '../tui/world/event-loader.js'
import { isAllowed } from '../source/answer/answer-question.js'
import { plainPalette } from '../text/palette.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import type { ExploreOptions } from './explore-given.js'
import type { Started } from './explore-start.js'
import { progressOn } from './progress.js'
import { terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { refuse } from './why-run.js'
import { renderGroups } from './why-world-render.js'

export async function printPlain(started: Started, asking: Asking, options: ExploreOptions): Promise<ExitCode> {
  switch (started.kind) {
    case 'nothing':
      return refuse(
        'nothing is asked; give events, an access-denied text, or `--principal`, `--action` and `--key`',
        options,
      )
    case 'question':
      return printOne(started.question, asking, options)
    case 'events':
      return printEvents(started, asking, options)
  }
}

async function printOne(question: Question, asking: Asking, options: ExploreOptions): Promise<ExitCode> {
  const answer = asking.answer(question)
  if (!answer.ok) return refuse(answer.error.message, options)
  await writeOut(plainStory(answer.value, asking.world))
  return isAllowed(answer.value) ? EXIT.ok : EXIT.denied
}

async function printEvents(
  { source, complete }: Extract<Started, { readonly kind: 'events' }>,
  asking: Asking,
  options: ExploreOptions,
): Promise<ExitCode> {
  if (source.follows) return refuse('`--follow` needs a full screen', options)
  const progress = progressOn('events', terminalFacts(process.stderr), writeError)
  let last: Feed | undefined
  await loadEvents(source, {
    asking,
    complete,
    onFeed: (feed) => {
      last = feed
      progress.update(feed.read, feed.done)
    },
    nowMs: () => performance.now(),
    pause: () => nextTurn(),
    signal: new AbortController().signal,
  })
  progress.finish()
  if (last?.grouped === undefined) return refuse('no events could be read', options)
  if (last.failure !== undefined) return refuse(last.failure, options)
  const tell = (example: Question): string => {
    const answer = asking.answer(example)
    return answer.ok ? answer.value.explanation.summary : answer.error.message
  }
  await writeOut(
    renderGroups(last.grouped, tell, {
      width: widthFor(terminalFacts(), undefined),
      color: plainPalette,
      allLayers: false,
    }),
  )
  return last.grouped.allowed === last.grouped.total ? EXIT.ok : EXIT.denied
}
