/**
 * A process that asks z3: each line of its input is a question in SMT-LIB as a JSON string, each line of its output the
 * answer, `sat`, `unsat` or what else z3 says. It lives until it is ended, as z3's threads would not let it go.
 */
import { createInterface } from 'node:readline'
import { init } from 'z3-solver'

const { Z3 } = await init()

async function answer(question: string): Promise<string> {
  const settings = Z3.mk_config()
  const context = Z3.mk_context(settings)
  Z3.del_config(settings)
  try {
    return (await Z3.eval_smtlib2_string(context, question)).trim()
  } finally {
    Z3.del_context(context)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as string)))
}
