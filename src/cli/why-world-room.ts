/**
 * All that a question to a world needs besides reading it, in one place: what is loaded when it is used becomes a file
 * of its own in the built command, and each file that is opened takes time.
 */
export { answerJson, groupsJson } from '../source/answer/answer-json.js'
export { isAllowed } from '../source/answer/answer-question.js'
export { replayDocument } from '../source/answer/replay.js'
export { progressOn } from './progress.js'
export { renderAnswer, renderGroups } from './why-world-render.js'
export { ask } from './why-world.js'
