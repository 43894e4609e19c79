"""Who said it and who may read it: XML signature, CMS, certificates, policy by date."""
