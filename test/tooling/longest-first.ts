/**
 * Files that take long are started first: one that begins when all others are done keeps a single processor at work.
 *
 * Seconds of two processors that are busy with nothing else, roughly; only the order counts. What is not listed follows.
 */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const SECONDS: Readonly<Record<string, number>> = {
  // npm test
  'test/decide/agreement.test.ts': 22,
  'test/decide/invariants.test.ts': 7,
  'test/lint/fuzz.test.ts': 18,
  'test/lint/rule-cases.test.ts': 6,
  'test/reference/generate.test.ts': 6,
  'test/solve/adversarial.test.ts': 15,
  'test/solve/agreement.test.ts': 9,
  'test/solve/limits.test.ts': 5,
  'test/solve/pairs.test.ts': 27,
  'test/solve/small-domains.test.ts': 5,
  'test/source/world/hostile.test.ts': 6,
  'test/kms/model/model.test.ts': 9,
  'test/kms/operations/import.test.ts': 7,
  'test/kms/operations/permissions.test.ts': 6,
  'test/kms/table/algorithms.test.ts': 5,
  'test/kms/table/authorization.test.ts': 7,
  'test/kms/table/key-states.test.ts': 12,
  'test/cli/kms.test.ts': 9,
  'test/cli/kms-root-key.test.ts': 10,
  'test/cli/lint-threads.test.ts': 11,
  'test/cli/test.test.ts': 10,
  'test/cli/why-world.test.ts': 9,
  'test/docs/kms.test.ts': 8,
  'test/lsp/server.test.ts': 8,
  'test/server/hostile/clients.test.ts': 13,
  'test/server/operations/cluster.test.ts': 9,
  'test/store/postgres-failures.test.ts': 7,
  'test/store/postgres-follow.test.ts': 6,
  'test/tui/program.test.ts': 12,
  'test/tui/tasks.test.ts': 5,
  // npm run test:extended
  'test/extended/advice.test.ts': 120,
  'test/extended/agreement.test.ts': 200,
  'test/extended/clients-aws-cli.test.ts': 35,
  'test/extended/clients-boto3.test.ts': 20,
  'test/extended/clients-docs.test.ts': 20,
  'test/extended/clients.test.ts': 18,
  'test/extended/corpora.test.ts': 45,
  'test/extended/explore-tasks.test.ts': 12,
  'test/extended/explore-terminal.test.ts': 12,
  'test/extended/hostile.test.ts': 22,
  'test/extended/kms-crash.test.ts': 55,
  'test/extended/kms-secrets-heap.test.ts': 25,
  'test/extended/lint-fuzz.test.ts': 50,
  'test/extended/lint-reports.test.ts': 16,
  'test/extended/lint-witnesses.test.ts': 13,
  'test/extended/node24.test.ts': 60,
  'test/extended/postgres-cluster.test.ts': 35,
  'test/extended/server-fleet-model.test.ts': 60,
  'test/extended/server-fleet.test.ts': 30,
  'test/extended/server-heap.test.ts': 65,
  'test/extended/server-overload.test.ts': 45,
  'test/extended/solve-adversarial.test.ts': 30,
  'test/extended/solve-agreement.test.ts': 190,
  'test/extended/tui-monkey.test.ts': 32,
  'test/extended/tui-scale.test.ts': 60,
  'test/extended/world-hostile.test.ts': 40,
  'test/extended/wycheproof.test.ts': 30,
}

export class LongestFirst extends BaseSequencer {
  /** Projects stay one after the other; within one, what is equally long stays in the order that Vitest gives. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project))]
    const secondsOf = ({ moduleId }: TestSpecification): number => SECONDS[relative(process.cwd(), moduleId)] ?? 0
    return projects.flatMap((each) =>
      sorted.filter(({ project }) => project === each).toSorted((one, other) => secondsOf(other) - secondsOf(one)),
    )
  }
}
