/** All tasks of the explorer in the real program, where `npm test` does two. */
import { doTasks } from '../tui/do-tasks.js'
import { TASKS } from '../tui/tasks.js'

doTasks(TASKS)
