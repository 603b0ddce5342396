/** `@cloud-copilot/iam-simulate`: the AWS policies as they are. It always validates and explains. */
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { versionOf } from './versions.mjs'

const RESULTS = { Allowed: 'allow', ImplicitlyDenied: 'implicitDeny', ExplicitlyDenied: 'explicitDeny' }
const ACCOUNT = '111122223333'

export async function iamSimulatePeer({ KEY_POLICY, IDENTITY_POLICIES, SCP, RCP, REQUESTS }) {
  const level = (policy) => [{ orgIdentifier: 'r-root', policies: [{ name: 'policy', policy }] }]
  const identityPolicies = IDENTITY_POLICIES.map((policy, index) => ({ name: `identity-${index}`, policy }))
  const simulate = ({ principal, action, resource, context }) =>
    runSimulation(
      {
        request: { principal, action, resource: { resource, accountId: ACCOUNT }, contextVariables: context },
        identityPolicies,
        serviceControlPolicies: level(SCP),
        resourceControlPolicies: level(RCP),
        resourcePolicy: KEY_POLICY,
      },
      {},
    )
  const decide = async (request) => {
    const answer = await simulate(request)
    return RESULTS[answer.overallResult] ?? `error ${JSON.stringify(answer.errors)}`
  }
  const { result } = await simulate(REQUESTS[0])
  const ignored = result?.ignoredContextKeys ?? []
  return {
    label: `@cloud-copilot/iam-simulate ${versionOf('@cloud-copilot/iam-simulate')}`,
    note: `AWS policies as they are, with validation and explanation; ignores ${ignored.map((key) => `\`${key}\``).join(', ') || 'no key'}`,
    decide,
  }
}
