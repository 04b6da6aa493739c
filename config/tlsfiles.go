package config

// TLSFiles are the settings that say where a certificate and its key are: in a keystore,
// or in PEM files.
type TLSFiles struct {
	// Keystore is a file of Keystore's Type, which Password opens.
	Keystore, Password, Type *Entry[string]
	// Certificate and Key are PEM files; without Key the certificate's has it too.
	Certificate, Key *Entry[string]
}

// keystoreTypes are Java's two usual ones, and PEM.
var keystoreTypes = Choice{Values: []string{"AUTO", "JKS", "PKCS12", "PEM"}, Later: []string{"JCEKS", "BCFKS"}}

// tlsFilesOf are the settings below prefix of a frontend that has files of its own.
func tlsFilesOf(prefix, frontend string) TLSFiles {
	const common = "kyuubi.frontend.ssl."
	return TLSFiles{
		Keystore: Path(prefix+"keystore.path", "",
			"A keystore for "+frontend+" alone, as `"+common+"keystore.path`."),
		Password: String(prefix+"keystore.password", "",
			"The password of that keystore and of the key in it.").Secret(),
		Type: Enum(prefix+"keystore.type", "AUTO",
			"That keystore's form, as `"+common+"keystore.type`.", keystoreTypes).Ours(),
		Certificate: Path(prefix+"certificate.path", "",
			"A certificate for "+frontend+" alone, as `"+common+"certificate.path`.").Ours(),
		Key: Path(prefix+"key.path", "",
			"That certificate's key, as `"+common+"key.path`.").Ours(),
	}
}

// ours marks all of them as settings that Kyuubi has not.
func (f TLSFiles) ours() TLSFiles {
	f.Keystore.Ours()
	f.Password.Ours()
	return f
}

func (f TLSFiles) settings() []Setting {
	return []Setting{f.Keystore, f.Password, f.Type, f.Certificate, f.Key}
}
