/** Types of what the benchmarks of `keyward lint` lint. */
export function actionPolicy(actions: readonly string[]): object
