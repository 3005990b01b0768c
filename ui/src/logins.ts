// Where people sign in to Salesforce. Source: Salesforce, login hosts per environment (reference §1.1).

/** An environment of Salesforce. */
export type Environment = "production" | "sandbox" | "china" | "domain";

/** The login address of each environment that has one for all. */
export const LOGINS: Record<Exclude<Environment, "domain">, string> = {
  production: "https://login.salesforce.com",
  sandbox: "https://test.salesforce.com",
  china: "https://login.sfcrmproducts.cn",
};

/** Which environment a login address belongs to; a My Domain where it is none of the known. */
export function environmentOf(login: string): Environment {
  const address = login.trim().replace(/\/+$/u, "");
  if (address === "") return "production";
  for (const environment of ["production", "sandbox", "china"] as const) {
    if (LOGINS[environment] === address) return environment;
  }
  return "domain";
}

/** The login address for a choice. */
export function loginOf(environment: Environment, domain: string): string {
  return environment === "domain" ? domain.trim() : LOGINS[environment];
}
