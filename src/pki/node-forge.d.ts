/** The type of node-forge's ASN.1 writer loaded by itself: 4 ms, where the whole of forge takes 24 ms. */
declare module "node-forge/lib/asn1.js" {
  import { asn1 } from "node-forge";
  export default asn1;
}
