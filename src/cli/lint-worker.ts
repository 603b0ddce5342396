/**
 * The program of the threads of `keyward lint`. It is not bundled: it loads what the command has loaded.
 */
import { serveLint } from './lint-run.js'

serveLint()
