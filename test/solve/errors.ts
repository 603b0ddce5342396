/** What is wrong with a policy, in one line. */
export function describeErrors(errors: readonly { readonly message: string }[]): string {
  return errors.map(({ message }) => message).join('; ')
}
