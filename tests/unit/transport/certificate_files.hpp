#pragma once
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "transport/tls/certificate.hpp"

namespace w2s::transport {

// What a certificate of the tests says; each is its own authority.
struct CertificateContent {
  std::string alternative_names =
      "DNS:localhost,IP:127.0.0.1,IP:::1";  // as OpenSSL's configuration writes them
  std::string common_name = "test";
  long valid_from = -24 * 60 * 60;  // seconds from now
  long valid_until = 24 * 60 * 60;
};

// A file of a key and one of a certificate for it, in a folder that goes with them.
class CertificateFiles {
 public:
  explicit CertificateFiles(const CertificateContent& content = {}) {
    char name[] = "/tmp/w2s-transport-XXXXXX";
    folder_ = mkdtemp(name);
    write(content);
  }
  explicit CertificateFiles(const std::string& alternative_names)
      : CertificateFiles(named(alternative_names)) {}
  ~CertificateFiles() { std::filesystem::remove_all(folder_); }
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  std::string key() const { return folder_ + "/key.pem"; }
  std::string certificate() const { return folder_ + "/certificate.pem"; }

  static CertificateContent named(const std::string& alternative_names) {
    CertificateContent content;
    content.alternative_names = alternative_names;
    return content;
  }

  // Another pair takes the place of this one.
  void write(const CertificateContent& content) {
    const auto identity = make(content);
    write_key(identity.key.get());
    to_file(certificate(), [&](FILE* f) { return PEM_write_X509(f, identity.certificate.get()); });
  }
  // A key that belongs to no certificate; with a passphrase if one is given.
  void write_other_key(std::string passphrase = {}) {
    const auto identity = make_self_signed();
    write_key(identity.key.get(), std::move(passphrase));
  }

  static Identity make(const CertificateContent& content) {
    auto identity = make_self_signed();
    auto* certificate = identity.certificate.get();
    auto* name = X509_get_subject_name(certificate);
    const auto* common_name = reinterpret_cast<const unsigned char*>(content.common_name.c_str());
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 0));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION_free(X509_delete_ext(certificate, 0));
    if (!content.alternative_names.empty()) {
      auto* names =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, content.alternative_names.c_str());
      X509_add_ext(certificate, names, -1);
      X509_EXTENSION_free(names);
    }
    X509_gmtime_adj(X509_getm_notBefore(certificate), content.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), content.valid_until);
    if (X509_sign(certificate, identity.key.get(), EVP_sha256()) <= 0)
      throw std::runtime_error("no certificate");
    return identity;
  }

 private:
  void write_key(EVP_PKEY* pair, std::string passphrase = {}) {
    const auto* cipher = passphrase.empty() ? nullptr : EVP_aes_128_cbc();
    to_file(key(), [&](FILE* f) {
      return PEM_write_PrivateKey(f, pair, cipher, nullptr, 0, nullptr,
                                  passphrase.empty() ? nullptr : passphrase.data());
    });
  }
  template <class Write>
  static void to_file(const std::string& path, Write call) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "w"), &fclose);
    if (!file || call(file.get()) != 1) throw std::runtime_error("cannot write " + path);
  }
  std::string folder_;
};

}  // namespace w2s::transport
