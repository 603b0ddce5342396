/**
 * Actions that AWS itself writes into policies and lists nowhere, in lower case. Data only.
 *
 * Source: Amazon SNS Developer Guide, the default access policy of a topic.
 */
export const UNDOCUMENTED_ACTIONS: ReadonlySet<string> = new Set(['sns:receive'])
