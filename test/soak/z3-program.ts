/**
 * A process that asks z3: each line of its input is a question in SMT-LIB as a JSON string, each line of its output the
 * answer, `sat`, `unsat`, `unknown`, or what is wrong with the question. It lives until it is ended, as z3's threads
 * would not let it go: `node z3-program.js <milliseconds for each question>`.
 */
import { createInterface } from 'node:readline'
import { init } from 'z3-solver'

const [limitMs = '5000'] = process.argv.slice(2)
const { Z3 } = await init()

async function answer(question: string): Promise<string> {
  const settings = Z3.mk_config()
  const context = Z3.mk_context(settings)
  Z3.del_config(settings)
  const solver = Z3.mk_solver(context)
  Z3.solver_inc_ref(context, solver)
  try {
    const limits = Z3.mk_params(context)
    Z3.params_inc_ref(context, limits)
    Z3.params_set_uint(context, limits, Z3.mk_string_symbol(context, 'timeout'), Number(limitMs))
    Z3.solver_set_params(context, solver, limits)
    Z3.params_dec_ref(context, limits)
    // Read at once: a text that is handed to z3's own threads may be gone before they come to read it.
    Z3.solver_from_string(context, solver, question)
    const verdict = await Z3.solver_check(context, solver)
    return verdict > 0 ? 'sat' : verdict < 0 ? 'unsat' : 'unknown'
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    Z3.solver_dec_ref(context, solver)
    Z3.del_context(context)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as string))}\n`)
}
